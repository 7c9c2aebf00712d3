import { chmodSync, lutimesSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

interface Timed {
  /** In whole seconds, which every frontend can set. */
  readonly time: number;
}

/** A file, a link or a directory to be created. */
export type Node =
  | (Timed & { readonly kind: 'file'; readonly size: number; readonly seed: number; readonly mode: number })
  | (Timed & { readonly kind: 'link'; readonly text: string })
  | Directory;

/** A directory to be created. */
export interface Directory extends Timed {
  readonly kind: 'directory';
  readonly mode: number;
  readonly entries: Readonly<Record<string, Node>>;
}

const PAGE = 65_536;
const WINDOW = 1_048_576;

const time = fc.integer({ min: 1, max: 4_000_000_000 });

const size = fc.oneof(
  fc.nat(300),
  fc.constantFrom(0, 4095, 4096, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE),
  fc.constantFrom(WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + PAGE),
);

const name = fc
  .oneof(
    fc.constantFrom(
      'a',
      'b',
      'A',
      '.hidden',
      '-r',
      'two words',
      'two\nlines',
      '文件',
      'e\u0301',
      '\u00e9',
      '...',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constant('n'.repeat(255)),
  )
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && Buffer.byteLength(text) <= 255);

const relative = ['a', 'b', '.', '..', '../a', '../../..', 'nowhere/at/all', 'a/', ' odd\ntext', '文件'];

/** Any directory, with absolute links on request. */
export function anyDirectory(hasAbsoluteLinks: boolean): fc.Arbitrary<Directory> {
  const text = fc.constantFrom(...relative, ...(hasAbsoluteLinks ? ['/', '/etc/passwd', '/nowhere'] : []));
  const { directory } = fc.letrec<{ node: Node; directory: Directory }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({
        kind: fc.constant('file' as const),
        time,
        size,
        seed: fc.nat(255),
        mode: fc.constantFrom(0o644, 0o755, 0o600, 0o444, 0o777),
      }),
      fc.record({ kind: fc.constant('link' as const), time, text }),
      tie('directory'),
    ),
    directory: fc.record({
      kind: fc.constant('directory' as const),
      time,
      mode: fc.constantFrom(0o755, 0o700, 0o777, 0o555),
      entries: fc.dictionary(name, tie('node'), { maxKeys: 6, noNullPrototype: true }),
    }),
  }));
  return directory;
}

/** Creates an entry. The times and permissions of directories follow their entries. */
export function make(path: string, node: Node): void {
  if (node.kind === 'link') {
    symlinkSync(node.text, path);
  } else if (node.kind === 'file') {
    writeFileSync(path, contentOf(node));
    chmodSync(path, node.mode);
  } else {
    mkdirSync(path);
    for (const [name, entry] of Object.entries(node.entries)) {
      make(join(path, name), entry);
    }
    chmodSync(path, node.mode);
  }
  lutimesSync(path, node.time, node.time);
}

/** Bytes that differ between pages, except in a file of zeros. */
function contentOf({ size, seed }: { size: number; seed: number }): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) =>
    seed === 0 ? 0 : (index % 251) + (index >> 16) + seed,
  );
}
