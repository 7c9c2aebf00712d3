import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, sep } from 'node:path';
import type { Spelling } from './advice.js';
import { type Checks, callback, oneOf, takeOptions } from './check.js';
import { failureOf } from './component.js';
import { isLink, leadsToDescriptor, pathOfOpenFile } from './descriptor-link.js';
import { CopyError } from './errors.js';
import { below, hostPathOf } from './host-path.js';
import type { Made } from './made.js';
import { type CopyOptions, copyChecks, copyHints } from './options.js';
import { openSandbox, type Preopens, type Sandbox, type SandboxOptions } from './sandbox.js';
import { isSystemError, reasonOf, type SystemError } from './system-error.js';
import { CopyTask, type Order, type Work } from './task.js';

const NOT_REGULAR_FILE = 'ERR_MAPCP_NOT_REGULAR_FILE';

/** A host path split for a sandbox: the directory to preopen, and the path in it. */
interface Place {
  /** The path as the caller wrote it. */
  readonly given: string;
  /** Where the directory is preopened. */
  readonly preopen: string;
  readonly directory: string;
  readonly guestPath: string;
}

/** How the component of a copy is confined. */
export type ConfinementOptions = Pick<SandboxOptions, 'host' | 'confinement'>;

const checks: Checks<CopyOptions & ConfinementOptions> = {
  ...copyChecks,
  host: callback,
  confinement: oneOf('strict', 'best-effort'),
};

/**
 * Copies a file, a link or a directory, by a component that can reach the directory that holds the source and the one
 * that holds the target, and nothing else.
 *
 * Each file appears under its target's name in one step at the end: until then, and after a failure, what is there is
 * what was there. A failure in a tree ends the copy, unless `keepGoing` is set; what was finished stays.
 *
 * @param source a path, or a `file:` URL
 * @param target the path that the copy gets, never a directory to put it into
 * @returns the copy under way, to be awaited or iterated over. It rejects with a {@link CopyError} when it fails, with
 * the paths as they were given; with a TypeError when an argument is of the wrong type, and then nothing has been
 * touched; and with the signal's reason when it is aborted.
 * @example
 * ```ts
 * import { copy } from 'mapcp';
 *
 * await copy('photo.jpg', 'backup/photo.jpg');
 * await copy('photos', 'backup/photos', { recursive: true, overwrite: 'newer' });
 * ```
 */
export function copy(
  source: string | URL,
  target: string | URL,
  options: CopyOptions & ConfinementOptions = {},
): CopyTask {
  return startCopy(source, target, options, ({ host, confinement }) => ({
    lend: async (preopens) => {
      const sandbox = await openSandbox(preopens, {
        allowOverlap: true,
        host,
        ...(confinement && { confinement }),
      });
      return { sandbox, giveBack: () => sandbox.close() };
    },
  }));
}

/** A sandbox that a copy may use until it gives it back. */
export interface LentSandbox {
  readonly sandbox: Sandbox;
  giveBack(): void;
}

/** What a copy needs of whoever starts it. */
export interface Starter {
  /** Opens a sandbox over the directories, or finds one that is open. Called again if the copy begins anew, after it has given that back. */
  lend(preopens: Preopens): Promise<LentSandbox>;
  /** What its copies have made, if they may meet; then no copy is divided. */
  readonly made?: Made | undefined;
  /** How errors spell the options that they advise. Default: as options of the API. */
  readonly spelling?: Spelling | undefined;
}

/** What {@link copy} does, in a sandbox that others may use before and after it. */
export function startCopy(
  source: string | URL,
  target: string | URL,
  options: CopyOptions & ConfinementOptions,
  starterFor: (options: ConfinementOptions) => Starter,
): CopyTask {
  return new CopyTask(() => {
    const taken = takeOptions<CopyOptions & ConfinementOptions>('options', options, checks, copyHints);
    return orderOf(hostPathOf('source', source), hostPathOf('target', target), taken, starterFor(taken));
  });
}

function orderOf(source: string, target: string, options: CopyOptions, starter: Starter): Order {
  const start = workingDirectory();
  const prepare = async (): Promise<Work> => {
    const find = () => {
      const to = withExistingDirectory(placeOf(target, '/out', start));
      return { from: behindDescriptor(placeOf(source, '/in', start), to, options), to };
    };
    let { from, to } = find();
    requireReplaceable(from, to);
    const inside = pathInSource(from, to, options);
    if (inside !== undefined) {
      await requireLeftOut(from, to, inside, options, starter);
      // The working directory may have changed meanwhile.
      ({ from, to } = find());
    }
    const { sandbox, giveBack } = await open(from, to, starter);
    const { made, spelling } = starter;
    const engineOptions = {
      ...options,
      filterSource: options.filterSource && hasOwnName(from),
      ...(made && { made, concurrency: 1 }),
    };
    const work = sandbox.workOn(from.guestPath, to.guestPath, engineOptions, (path) =>
      hostPath(path, from, to),
    );
    const end = () => {
      work.end();
      giveBack();
    };
    return { ...work, spelling, end };
  };
  return { options, prepare };
}

function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    // It was removed. Absolute paths do without.
    return undefined;
  }
}

/** `start` is where relative paths start; the working directory may be another one by the time that a copy has its turn. */
function placeOf(asWritten: string, preopen: string, start: string | undefined): Place {
  const isMoved = start !== undefined && start !== workingDirectory() && !isAbsolute(asWritten);
  const given = isMoved && asWritten !== '' ? below(start, asWritten) : asWritten;
  if (given === '') {
    // There is no directory to open for it, but the engine is to say what is wrong with it.
    return { given, preopen, directory: '.', guestPath: '' };
  }
  const name = basename(given);
  // These name a directory themselves, and what it lies in is not theirs to reach.
  if (name === '' || name === '.' || name === '..') {
    return { given, preopen, directory: given, guestPath: preopen };
  }
  // A trailing slash asks for a directory, and the engine is to see it.
  const slash = given.endsWith('/') ? '/' : '';
  return { given, preopen, directory: dirname(given), guestPath: `${preopen}/${name}${slash}` };
}

/** Whether the last name of the guest path is that of the path that was given, and not of the preopen. */
function hasOwnName({ guestPath, preopen }: Place): boolean {
  return guestPath !== preopen;
}

/** The same place; for the link of an open file, such as `/dev/stdin`, the place of that file. */
function behindDescriptor(from: Place, to: Place, { symlinks }: CopyOptions): Place {
  const { given, preopen } = from;
  if (symlinks === 'skip' || !leadsToDescriptor(given)) {
    return from;
  }
  const path = pathOfOpenFile(given);
  if (path === undefined) {
    const reason = 'it is an open stream, and no file with a name; write it to a file, and copy that';
    throw copyError(from, to, { code: NOT_REGULAR_FILE, operation: 'open', isSource: true, reason });
  }
  return { ...placeOf(path, preopen, undefined), given };
}

/** Refuses a link that a copy must not take the name of: that of an open file, or one to a FIFO, a socket or a device. */
function requireReplaceable(from: Place, to: Place): void {
  const { given } = to;
  if (!isLink(given)) {
    return;
  }
  const refuse = (reason: string) =>
    copyError(from, to, { code: NOT_REGULAR_FILE, operation: 'create', isSource: false, reason });
  if (leadsToDescriptor(given)) {
    throw refuse('it is an open stream, and no name for a copy; name a file');
  }
  if (leadsToSpecialFile(given)) {
    throw refuse('it is not a regular file but a FIFO, a socket or a device');
  }
}

/** The same place, from the nearest directory that exists: the engine makes the others, or says that they are missing. */
function withExistingDirectory(place: Place): Place {
  let { directory, guestPath } = place;
  while (isMissing(directory)) {
    guestPath = `${place.preopen}/${basename(directory)}${guestPath.slice(place.preopen.length)}`;
    directory = dirname(directory);
  }
  return { ...place, directory, guestPath };
}

function isMissing(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return isSystemError(error) && error.code === 'ENOENT' && dirname(path) !== path;
  }
}

/** A target in the source, as a directory and the guest path that the source gives it. */
interface Inside {
  /** The source without links. */
  readonly directory: string;
  readonly guestPath: string;
}

/**
 * Finds a target in the source, which the component cannot see if the two are opened by different directories. What
 * cannot be resolved is left for it to complain about.
 */
function pathInSource(from: Place, to: Place, options: CopyOptions): Inside | undefined {
  // A link that is kept is no directory, wherever it leads.
  if (!options.recursive || isCopiedAsLink(from, options)) {
    return undefined;
  }
  const [source, directory] = [realPath(from.given), realPath(to.directory)];
  if (source === undefined || directory === undefined || !isBelow(directory, source)) {
    return undefined;
  }
  const target = directory
    .slice(source.length)
    .split(sep)
    .join('/')
    .replace(/^(?=[^/])/, '/');
  return {
    directory: source,
    guestPath: `${from.preopen}${target}${to.guestPath.slice(to.preopen.length)}`,
  };
}

/** Refuses a target in the source, unless the filters leave it out. */
async function requireLeftOut(
  from: Place,
  to: Place,
  { directory, guestPath }: Inside,
  options: CopyOptions,
  starter: Starter,
): Promise<void> {
  if (!(await isLeftOut({ ...from, directory, guestPath: from.preopen }, guestPath, options, starter))) {
    const reason = 'a directory cannot be copied into itself';
    throw copyError(from, to, {
      code: 'ERR_MAPCP_INTO_ITSELF',
      operation: 'accept',
      isSource: false,
      reason,
    });
  }
}

function isBelow(directory: string, source: string): boolean {
  return `${directory}${sep}`.startsWith(source.endsWith(sep) ? source : source + sep);
}

/** Whether the filters leave out a target in the source. Only the component knows; it is asked in a dry run. */
async function isLeftOut(
  { preopen, directory, guestPath }: Place,
  target: string,
  { exclude, symlinks }: CopyOptions,
  { lend }: Starter,
): Promise<boolean> {
  if (exclude === undefined || exclude.length === 0) {
    return false;
  }
  const { sandbox, giveBack } = await lend({ [preopen]: { path: directory, access: 'read' } });
  const options = { recursive: true, dryRun: true, concurrency: 1, exclude, symlinks };
  const work = sandbox.workOn(guestPath, target, options, (path) => path);
  try {
    const job = await work.begin(false);
    try {
      work.prepareStep();
      await job.step(1n);
    } finally {
      await job.drop();
    }
    return true;
  } catch (error) {
    // All else, the copy itself says better.
    return failureOf(error)?.code.tag !== 'into-itself';
  } finally {
    work.end();
    giveBack();
  }
}

/** The path without links; undefined if it leads nowhere. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function leadsToSpecialFile(link: string): boolean {
  try {
    const status = statSync(link);
    return !status.isFile() && !status.isDirectory();
  } catch {
    return false;
  }
}

/** Whether the source is a link that is copied as one. With a slash behind it, it is what it leads to. */
function isCopiedAsLink({ given }: Place, { symlinks }: CopyOptions): boolean {
  return symlinks !== 'follow' && isLink(given);
}

async function open(from: Place, to: Place, { lend }: Starter): Promise<LentSandbox> {
  try {
    return await lend({
      [from.preopen]: { path: from.directory, access: 'read' },
      [to.preopen]: { path: to.directory, access: 'read-write' },
    });
  } catch (error) {
    throw isSystemError(error) ? unreachable(error, from, to) : error;
  }
}

/** The error for a directory that cannot be preopened: what the engine would have said of the path in it. */
function unreachable(cause: SystemError, from: Place, to: Place): CopyError {
  const isSource = cause.path === undefined || cause.path === from.directory;
  const code = cause.code === 'ERR_ACCESS_DENIED' ? 'EACCES' : cause.code;
  return copyError(from, to, { code, operation: 'inspect', isSource, reason: reasonOf(cause), cause });
}

interface Why {
  readonly code: string;
  readonly operation: 'accept' | 'inspect' | 'open' | 'create';
  readonly isSource: boolean;
  readonly reason: string;
  readonly cause?: unknown;
}

function copyError(from: Place, to: Place, { code, operation, isSource, reason, cause }: Why): CopyError {
  const path = isSource ? from.given : to.given;
  return new CopyError({ code, operation, path, source: from.given, target: to.given, reason }, { cause });
}

/** The caller's name for a path of the component. */
function hostPath(guestPath: string, from: Place, to: Place): string {
  for (const place of [from, to]) {
    // An empty path has nothing below it, though every absolute path begins with it.
    if (place.guestPath === '') {
      continue;
    }
    if (guestPath === place.guestPath) {
      return place.given;
    }
    if (guestPath.startsWith(`${place.guestPath}/`)) {
      return below(place.given, guestPath.slice(place.guestPath.length + 1));
    }
    if (guestPath.startsWith(`${place.preopen}/`)) {
      const rest = guestPath.slice(place.preopen.length + 1);
      return place.directory === '.' ? rest : below(place.directory, rest);
    }
  }
  return guestPath;
}
