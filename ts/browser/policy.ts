import { SEE_THE_WORKER } from './defaults.js';

/** The shortest core module: its magic number and its version. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Why no core module can be compiled here; undefined if the page's policy allows it. */
export function whyForbidden(): string | undefined {
  try {
    new WebAssembly.Module(EMPTY);
    return undefined;
  } catch {
    return `the Content Security Policy lacks 'wasm-unsafe-eval'; ${SEE_THE_WORKER}`;
  }
}
