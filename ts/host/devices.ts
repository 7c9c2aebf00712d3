// The devices `null` and `zero`. The host imitates them, so a component gets no descriptor of the system.

import { constants } from 'node:fs';
import type {
  DescriptorFlags,
  MetadataHashValue,
  OpenFlags,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import type { Descriptor } from './descriptor.js';
import type { OpenDirectory } from './directory.js';
import type { Entries } from './directory-entries.js';
import { fail } from './error-code.js';
import type { OpenFile } from './file.js';
import { sharedBytes } from './file-streams.js';
import { identity, type Status } from './status.js';
import type { Sink, Source } from './streams.js';
import { nothing } from './streams.js';
import { Walk } from './walk.js';

/** The name of the directory that has the devices. */
export const DEVICES = '/dev';

/** A device: `null` is empty, `zero` has zeros without end, and both discard what is written to them. */
export type DeviceName = 'null' | 'zero';

/** Every device. */
export const deviceNames: readonly DeviceName[] = ['null', 'zero'];

/** Returns a status that no file of the system has. */
function statusOf(number: number, type: number): Status {
  const times = { atimeNs: 0n, mtimeNs: 0n, ctimeNs: 0n };
  return { dev: -1n, ino: BigInt(number), mode: BigInt(type), nlink: 1n, uid: 0n, size: 0n, ...times };
}

const refuse = (): never => fail('not-permitted');

/** An open device. */
class Device implements OpenFile {
  readonly type = 'character-device';
  readonly flags: DescriptorFlags;
  readonly #name: DeviceName;

  constructor(name: DeviceName, flags: DescriptorFlags) {
    this.#name = name;
    this.flags = flags;
  }

  source(): Source {
    this.expectReadable();
    const read = (length: number): Uint8Array =>
      this.#name === 'null' ? new Uint8Array(0) : sharedBytes(length).fill(0);
    return { isFile: true, read, close: nothing };
  }

  sink(): Sink {
    this.expectWritable();
    return { isFile: true, write: (bytes) => bytes.length, close: nothing };
  }

  appendingSink(): Sink {
    return this.sink();
  }

  close(): void {}

  stat(): Status {
    return statusOf(deviceNames.indexOf(this.#name) + 1, constants.S_IFCHR);
  }

  mode(): number {
    return constants.S_IFCHR;
  }

  identity(): MetadataHashValue {
    return identity(this.stat());
  }

  expectReadable(): void {
    if (!this.flags.read) {
      fail('bad-descriptor');
    }
  }

  expectWritable(): void {
    if (!this.flags.write) {
      fail('bad-descriptor');
    }
  }

  read(bytes: Uint8Array, start: number, length: number): number {
    this.expectReadable();
    if (this.#name === 'null') {
      return 0;
    }
    bytes.fill(0, start, start + length);
    return length;
  }

  readParts(parts: readonly Uint8Array[]): number {
    return parts.reduce((sum, part) => sum + this.read(part, 0, part.length), 0);
  }

  write(bytes: Uint8Array): number {
    this.expectWritable();
    return bytes.length;
  }

  setSize(): void {
    fail('invalid');
  }

  setTimes(): void {
    refuse();
  }

  sync(): void {
    fail('invalid');
  }

  syncData(): void {
    fail('invalid');
  }
}

/** A walk in the directory of devices. */
class DeviceWalk extends Walk<DeviceDirectory> {
  constructor(directory: DeviceDirectory, path: string) {
    super(directory);
    this.start(path);
  }

  protected override enter(directory: DeviceDirectory, name: string): undefined {
    return directory.has(name) ? undefined : fail('no-entry');
  }

  protected override readLink(): undefined {}

  protected override release(): void {}
}

/** The directory of the devices that a component gets. Nothing in it can be changed. */
export class DeviceDirectory implements OpenDirectory {
  readonly type = 'directory';
  readonly flags: DescriptorFlags = { read: true };
  readonly #devices: readonly DeviceName[];

  constructor(devices: readonly DeviceName[]) {
    this.#devices = [...new Set(devices)];
  }

  /** Whether it has a device of this name. */
  has(name: string): boolean {
    return this.#devices.some((device) => device === name);
  }

  share(): DeviceDirectory {
    return this;
  }

  close(): void {}

  stat(): Status {
    return statusOf(0, constants.S_IFDIR);
  }

  identity(): MetadataHashValue {
    return identity(this.stat());
  }

  statAt(_follow: boolean, path: string): Status {
    return this.#at(path, { read: true }).stat();
  }

  identityAt(_follow: boolean, path: string): MetadataHashValue {
    return this.#at(path, { read: true }).identity();
  }

  entries(): Entries {
    const devices = this.#devices.values();
    return {
      next() {
        const { value } = devices.next();
        return value && { type: 'character-device', name: value };
      },
      close: nothing,
    };
  }

  openAt(_follow: boolean, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    if (open.directory && (open.create || open.exclusive || open.truncate)) {
      fail('invalid');
    }
    const found = this.#at(path, flags, open.create ? 'not-permitted' : 'no-entry');
    if (open.create && open.exclusive) {
      fail('exist');
    }
    if (found.type === 'directory' && (open.create || open.truncate || flags.write)) {
      fail('is-directory');
    }
    if (found.type !== 'directory' && open.directory) {
      fail('not-directory');
    }
    return found;
  }

  readLinkAt(path: string): string {
    this.#at(path, { read: true });
    return fail('invalid');
  }

  setTimes(): void {
    refuse();
  }

  setTimesAt(): void {
    refuse();
  }

  sync(): void {}

  syncData(): void {}

  createDirectoryAt(): void {
    refuse();
  }

  removeDirectoryAt(): void {
    refuse();
  }

  unlinkFileAt(): void {
    refuse();
  }

  symlinkAt(): void {
    refuse();
  }

  linkAt(): void {
    refuse();
  }

  renameAt(): void {
    refuse();
  }

  /** Returns what is at `path`. Fails with `missing` if nothing is there. */
  #at(path: string, flags: DescriptorFlags, missing: 'no-entry' | 'not-permitted' = 'no-entry'): Descriptor {
    const { name, mustBeDirectory } = new DeviceWalk(this, path);
    if (name === '.') {
      return this;
    }
    const device = this.#devices.find((known) => known === name) ?? fail(missing);
    return mustBeDirectory ? fail('not-directory') : new Device(device, flags);
  }
}
