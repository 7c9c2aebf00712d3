// mapcp/host: a WASI host for Node that confines a component, or a core module for preview 1, to the directories that it
// was given.
//
// It runs in-process and synchronously, with any component that jco has transpiled with `--instantiation`. If it was
// transpiled with `--import-bindings hybrid`, files are read and written in the component's own memory.
//
// What a guest may notice:
// - Times are read to the nanosecond. Node cannot set every time: what it sets is less than a microsecond earlier, and
//   never later. If one time is set and the other stays, that also applies to the other.
// - If closing a file failed, the next rename or link of the file fails with that error, because a drop has no
//   result.
// - Running out of descriptors (EMFILE, ENFILE) is `insufficient-memory`, because WASI 0.2 has no error-code for it.
// - A FIFO, a socket or a device can be seen, renamed and removed. Opening one fails with `not-permitted`.
// - A name that is not UTF-8 fails with `illegal-byte-sequence` when it is listed; the listing continues after it.
// - An absolute path, an absolute symbolic link (but see `absoluteLinks`) and a path that leads above its descriptor
//   fail with `not-permitted`.
// - A directory can be changed through any of its descriptors if its preopen allows it, as in wasmtime.
// - A descriptor allows what it was opened for, and no more if that created the file.
// - A slash or `/.` at the end of a path follows a symbolic link there, unless the path is removed or renamed.
// - Advice has no effect. requested-write-sync has no effect either, but get-flags reports it.
// - link-at follows a symbolic link if the guest asks for that.
// - A path that is not UTF-8 fails with `illegal-byte-sequence`. Bindings that pass lists change such a path before
//   it gets here: they put U+FFFD for each wrong sequence, and drop a byte order mark at the start.
// - In preview 1, a new descriptor gets the lowest free number, a call reads or writes all parts of a vector, and an
//   unknown flag is EINVAL. wasmtime takes the highest free number, moves one part only, and traps.
//
// tests/host/conformance.test.ts has the cases in which wasmtime answers differently, with the reason for each.

export { loadComponent, runComponent } from './component.js';
export { importDifferences } from './component-imports.js';
export { createHost } from './create-host.js';
export type { DeviceName } from './devices.js';
export { ExitError, OverlapError, RefusedError, TrapError } from './errors.js';
export type { Access, Durability, Preopen } from './grant.js';
export type { Host } from './host.js';
export type { HostOptions } from './host-options.js';
export type { WasiImports, WasiInterfaces } from './imports.js';
export type { LoadedComponent } from './loaded.js';
export { ModeCarrier, type Refusals } from './modes.js';
export type { HasDescriptor, Input, Output } from './standard-streams.js';
