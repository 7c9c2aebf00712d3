// mapcp/host: a WASI 0.2 host for Node that keeps a component in the directories that it was given.
//
// It is in-process and synchronous, and usable for any component that jco has transpiled with `--instantiation`; with
// `--import-bindings hybrid` files are read and written in the component's own memory.
//
// What a guest may notice:
// - Times are read to the nanosecond, and set to the microsecond, which is what Node can do: a time that is to stay while
//   the other one is set is cut to the microsecond as well.
// - A rename or a link of a file whose last closing failed, which a drop cannot say, fails in its place.
// - Running out of descriptors (EMFILE, ENFILE) is `insufficient-memory`, since WASI has no error-code for it.
// - A FIFO, a socket or a device can be seen, renamed and removed, but not opened: that is `not-permitted`.
// - A name in a directory that is not UTF-8 is an `illegal-byte-sequence` in its place; the listing goes on behind it.
// - An absolute path, an absolute symbolic link (but see `absoluteLinks`) and whatever leads above a descriptor are
//   `not-permitted`.
// - A directory that was opened can be changed through whenever its preopen can, as in wasmtime.
// - A descriptor allows what it was opened for, and no more where that has created the file.
// - A slash or `/.` at the end of a path follows a symbolic link there, unless it is to be removed or renamed.
// - Advice is taken and has no effect, and requested-write-sync has none but to be shown by get-flags.
// - A link is made through a symbolic link where that is asked for.
// - A path that is not UTF-8 is an `illegal-byte-sequence`, but in bindings that pass lists: these bring it here with a
//   U+FFFD for what is not, and without a byte order mark that it begins with.
// tests/host/conformance.test.ts has the cases in which wasmtime answers differently, with the reason for each.

export { ExitError } from './cli.js';
export type { LoadedComponent } from './component.js';
export { loadComponent, runComponent } from './component.js';
export { importDifferences } from './component-imports.js';
export { createHost } from './create-host.js';
export type { Durability } from './durability.js';
export type { Access } from './grant.js';
export type { Host, HostOptions } from './host.js';
export type { WasiImports, WasiInterfaces } from './imports.js';
export { ModeCarrier, type Refusals } from './modes.js';
export type { Preopen } from './preopens.js';
export { RefusedError } from './refused-error.js';
export type { HasDescriptor, Input, Output } from './standard-streams.js';
export { TrapError } from './trap-error.js';
