// wasi:filesystem for the bindings, over trees in memory. It supports the calls that the preview 1 adapter makes for
// this component, which reads and writes at positions. Streams of files fail with `unsupported`.

import type {
  ErrorCode,
  NewTimestamp,
} from '@bytecodealliance/preview2-shim/interfaces/wasi-filesystem-types';
import { dispose } from '../common/dispose.js';
import { datetime } from '../host/datetime.js';
import { fail } from '../host/error-code.js';
import { Open } from './descriptor.js';
import { type Context, Guest, type Lowered, Objects } from './guest.js';
import type { Node } from './nodes.js';
import type { Volume } from './volume.js';

const opens = new Objects<Open>();
const listings = new Objects<Iterator<[string, Node]>>();

// How jco finds the number of an object, the way to close what has a number, and the lowered form of a method.
const REP = Symbol.for('cabiRep');
const DISPOSE = Symbol.for('cabiDispose');
const LOWER = Symbol.for('cabiLower');

/** The entries of a directory. */
class DirectoryEntryStream {
  readonly [REP]: number;

  constructor(entries: readonly [string, Node][]) {
    this[REP] = listings.add(entries[Symbol.iterator]());
  }

  [dispose](): void {
    listings.remove(this[REP]);
  }
}

/** An open file or directory. */
class Descriptor {
  readonly [REP]: number;

  constructor(open: Open) {
    this[REP] = opens.add(open);
  }

  /** Not lowered, because it is called only once for each directory. */
  readDirectory(): DirectoryEntryStream {
    return new DirectoryEntryStream(opens.get(this[REP]).list());
  }

  [dispose](): void {
    Descriptor[DISPOSE](this[REP]);
  }

  static [DISPOSE](rep: number): void {
    opens.remove(rep).close();
  }
}

/** The numbers of the types of nodes. */
const types: Readonly<Record<Node['type'], number>> = {
  directory: 3,
  'symbolic-link': 5,
  'regular-file': 6,
};

// The bits of flags.
const FOLLOW = 1;
const [CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE] = [1, 2, 4, 8];
const [READ, WRITE, MUTATE_DIRECTORY] = [1, 2, 32];

/** A time to set: the number of its case, seconds and nanoseconds. */
type FlatTime = [kind: number, seconds: bigint, nanoseconds: number];

/** A method: the offset of its result or error, and what it does. It writes the result to `at`. */
type Method = readonly [
  payload: 1 | 4 | 8,
  act: (guest: Guest, open: Open, at: number, ...flat: never[]) => void,
];

const methods: Readonly<Record<string, Method>> = {
  advise: [1, () => {}],
  // Changes reach the browser's storage between two steps of a job.
  syncData: [1, () => {}],
  sync: [1, () => {}],
  readViaStream: [4, () => fail('unsupported')],
  writeViaStream: [4, () => fail('unsupported')],
  appendViaStream: [4, () => fail('unsupported')],
  getFlags: [
    1,
    (guest, { flags }, at) => {
      const { read, write, mutateDirectory } = flags;
      guest.bytes[at] = (read ? READ : 0) | (write ? WRITE : 0) | (mutateDirectory ? MUTATE_DIRECTORY : 0);
    },
  ],
  getType: [
    1,
    (guest, { node }, at) => {
      guest.bytes[at] = types[node.type];
    },
  ],
  setSize: [1, (_, open, __, size: bigint) => open.setSize(BigInt.asUintN(64, size))],
  setTimes: [
    1,
    (_, open, __, ...[kind, seconds, nanoseconds, ...modified]: [...FlatTime, ...FlatTime]) =>
      open.setTimes(newTime(kind, seconds, nanoseconds), newTime(...modified)),
  ],
  read: [
    4,
    (guest, open, at, length: bigint, offset: bigint) => {
      const position = BigInt.asUintN(64, offset);
      const wanted = open.available(BigInt.asUintN(64, length), position);
      const count = open.read(guest.putList(at, wanted), position);
      guest.view.setUint32(at + 4, count, true);
      guest.bytes[at + 8] = count === 0 ? 1 : 0;
    },
  ],
  write: [
    8,
    (guest, open, at, pointer: number, length: number, offset: bigint) => {
      open.write(guest.range(pointer, length), BigInt.asUintN(64, offset));
      guest.view.setBigUint64(at, BigInt(length >>> 0), true);
    },
  ],
  createDirectoryAt: [
    1,
    (guest, open, _, path: number, length: number) => open.createDirectoryAt(guest.text(path, length)),
  ],
  stat: [8, (guest, { node }, at) => putStatus(guest, at, node)],
  statAt: [
    8,
    (guest, open, at, flags: number, path: number, length: number) =>
      putStatus(guest, at, open.statAt((flags & FOLLOW) > 0, guest.text(path, length))),
  ],
  setTimesAt: [
    1,
    (
      guest,
      open,
      _,
      flags: number,
      path: number,
      length: number,
      ...[kind, seconds, nanoseconds, ...modified]: [...FlatTime, ...FlatTime]
    ) =>
      open.setTimesAt(
        (flags & FOLLOW) > 0,
        guest.text(path, length),
        newTime(kind, seconds, nanoseconds),
        newTime(...modified),
      ),
  ],
  linkAt: [
    1,
    (guest, open, _, flags: number, path: number, length: number, to: number, name: number, size: number) =>
      open.linkAt(
        (flags & FOLLOW) > 0,
        guest.text(path, length),
        opens.get(guest.rep(to)),
        guest.text(name, size),
      ),
  ],
  openAt: [
    4,
    (guest, open, at, pathFlags: number, path: number, length: number, how: number, flags: number) => {
      const opened = open.openAt(
        (pathFlags & FOLLOW) > 0,
        guest.text(path, length),
        {
          create: (how & CREATE) > 0,
          directory: (how & DIRECTORY) > 0,
          exclusive: (how & EXCLUSIVE) > 0,
          truncate: (how & TRUNCATE) > 0,
        },
        {
          read: (flags & READ) > 0,
          write: (flags & WRITE) > 0,
          mutateDirectory: (flags & MUTATE_DIRECTORY) > 0,
        },
      );
      guest.putHandle(at, opens.add(opened));
    },
  ],
  readlinkAt: [
    4,
    (guest, open, at, path: number, length: number) =>
      guest.putText(at, open.readLinkAt(guest.text(path, length))),
  ],
  removeDirectoryAt: [
    1,
    (guest, open, _, path: number, length: number) => open.removeDirectoryAt(guest.text(path, length)),
  ],
  renameAt: [
    1,
    (guest, open, _, path: number, length: number, to: number, name: number, size: number) =>
      open.renameAt(guest.text(path, length), opens.get(guest.rep(to)), guest.text(name, size)),
  ],
  symlinkAt: [
    1,
    (guest, open, _, path: number, length: number, name: number, size: number) =>
      open.symlinkAt(guest.text(path, length), guest.text(name, size)),
  ],
  unlinkFileAt: [
    1,
    (guest, open, _, path: number, length: number) => open.unlinkFileAt(guest.text(path, length)),
  ],
  metadataHash: [8, (guest, { node }, at) => putIdentity(guest, at, node)],
  metadataHashAt: [
    8,
    (guest, open, at, flags: number, path: number, length: number) =>
      putIdentity(guest, at, open.statAt((flags & FOLLOW) > 0, guest.text(path, length))),
  ],
};

for (const [name, [payload, act]] of Object.entries(methods)) {
  const lower = (context: Context): Lowered => {
    const guest = new Guest(context);
    // The last parameter is the place for the result.
    return (self: number, ...flat: never[]) =>
      guest.answer(flat.at(-1) ?? 0, payload, (at) => act(guest, opens.get(guest.rep(self)), at, ...flat));
  };
  Object.defineProperty(Descriptor.prototype, name, { value: { [LOWER]: lower } });
}

Object.defineProperty(DirectoryEntryStream.prototype, 'readDirectoryEntry', {
  value: {
    [LOWER](context: Context): Lowered {
      const guest = new Guest(context);
      return (self: number, result: number) =>
        guest.answer(result, 4, (at) => {
          const { value } = listings.get(guest.rep(self)).next();
          guest.bytes[at] = value === undefined ? 0 : 1;
          if (value !== undefined) {
            guest.bytes[at + 4] = types[(value[1] as Node).type];
            guest.putText(at + 8, value[0]);
          }
        });
    },
  },
});

function newTime(kind: number, seconds: bigint, nanoseconds: number): NewTimestamp {
  switch (kind) {
    case 0:
      return { tag: 'no-change' };
    case 1:
      return { tag: 'now' };
    default:
      return { tag: 'timestamp', val: { seconds: BigInt.asUintN(64, seconds), nanoseconds } };
  }
}

function putStatus(guest: Guest, at: number, node: Node): void {
  const { bytes, view } = guest;
  bytes[at] = types[node.type];
  view.setBigUint64(at + 8, BigInt(node.names), true);
  view.setBigUint64(at + 16, BigInt(node.size), true);
  for (const [index, nanoseconds] of [node.accessed, node.modified, node.modified].entries()) {
    const time = datetime(nanoseconds);
    const to = at + 24 + 24 * index;
    bytes[to] = time === undefined ? 0 : 1;
    view.setBigUint64(to + 8, time?.seconds ?? 0n, true);
    view.setUint32(to + 16, time?.nanoseconds ?? 0, true);
  }
}

/** Writes the identity of a node. wasi-libc uses the lower half as the inode number. */
function putIdentity({ view }: Guest, at: number, { id }: Node): void {
  view.setBigUint64(at, id, true);
  view.setBigUint64(at + 8, 0n, true);
}

/**
 * Makes wasi:filesystem.
 *
 * @param volumes the component's preopens
 */
export function createFilesystem(volumes: readonly Volume[]) {
  return {
    'wasi:filesystem/types': {
      Descriptor,
      DirectoryEntryStream,
      filesystemErrorCode: (): ErrorCode | undefined => undefined,
    },
    'wasi:filesystem/preopens': {
      // New descriptors at each call, because the component drops those that it gets.
      getDirectories: (): [Descriptor, string][] =>
        volumes.map((volume) => [new Descriptor(Open.root(volume)), volume.name]),
    },
  };
}
