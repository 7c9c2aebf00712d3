import { commandLine, type Frontend, inWasmtime } from '../behaviour/frontends.js';
import { type Frontend as Command, frontends as commands } from '../cli/frontends.js';

/** The command of a frontend, for any arguments; undefined for the API. */
export function commandOf(frontend: Frontend): Command | undefined {
  return frontend === commandLine ? commands[0] : frontend === inWasmtime ? commands[1] : undefined;
}
