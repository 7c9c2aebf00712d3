import { instantiate } from '#command-line';
import type { OptionDescription } from '#command-line/interfaces/mapcp-copy-command-line.js';

const { commandLine } = await instantiate(undefined, { 'mapcp:copy/copier@0.1.0': {} });

/** The options of the command line, from the component, in the order of --help. */
export const commandLineOptions: readonly OptionDescription[] = commandLine.options();

/** The options of the API that the command line has by another name. */
const otherNames: Readonly<Record<string, string>> = { preserveTimestamps: 'preserve' };

/** The command line's option for one of the API; undefined if there is none. */
export function commandLineOptionOf(name: string): OptionDescription | undefined {
  const wanted = otherNames[name] ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return commandLineOptions.find((option) => option.name === wanted);
}
