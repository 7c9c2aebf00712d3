import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, sep } from 'node:path';
import type { Spelling } from '../common/advice.js';
import { type Checks, callback, oneOf, takeOptions } from '../common/check.js';
import { CopyError } from '../common/errors.js';
import { type Amounts, type CopyOptions, copyChecks, copyHints, requireAtomic } from '../common/options.js';
import type { Preopens } from '../host/grant.js';
import { componentErrorOf } from '../jobs/component.js';
import type { Made } from '../jobs/made.js';
import { type Input, inputOf, STREAM, type StreamSource } from '../task/input.js';
import { CopyTask, type Order, type Work } from '../task/task.js';
import { leadsToDescriptor, pathOfOpenFile } from './descriptor-link.js';
import { below, hostPathOf, isDirectory, isLink, reasonOfNowhere, workingDirectory } from './host-path.js';
import { type LentSandbox, lendSandbox } from './lent-sandbox.js';
import type { SandboxOptions } from './sandbox.js';
import { isSystemError, reasonOf, type SystemError } from './system-error.js';

const NOT_REGULAR_FILE = 'ERR_MAPCP_NOT_REGULAR_FILE';

// The directories that the component gets.
const SOURCE = '/in';
const TARGET = '/out';

/** The guest path of a source without a name of its own, such as `..`. */
const NAMELESS_SOURCE = `${SOURCE}/.`;

/** A host path, divided for a sandbox: the directory to preopen, and the guest path. */
interface HostPath {
  /** The path as the caller wrote it. */
  readonly given: string;
  /** The guest path of the directory. */
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
 * Copies a file, a link or a directory. The component that copies can reach only the directory that holds the source
 * and the one that holds the target.
 *
 * Each file takes its target's name in one step, when it is complete. Until then, and if the copy fails, the old target
 * stays. An error in a tree ends the copy, unless `keepGoing` is set. Finished files stay.
 *
 * @param source a path, a `file:` URL, or a stream: bytes, a `Blob`, or something that yields bytes
 * @param target the path of the copy itself, not of a directory to put it into
 * @param options how to copy, and how the component is confined
 * @returns the running copy, to await or to iterate over. If the copy fails, it rejects with a {@link CopyError} that
 * has the paths as the caller wrote them. If an argument is wrong, it rejects with a TypeError or RangeError before
 * anything is changed. If the signal is aborted, it rejects with the signal's reason.
 * @example
 * ```ts
 * import { copy } from 'mapcp';
 *
 * await copy('photo.jpg', 'backup/photo.jpg');
 * await copy('photos', 'backup/photos', { recursive: true, overwrite: 'newer' });
 * ```
 */
export function copy(
  source: string | URL | StreamSource,
  target: string | URL,
  options: CopyOptions & ConfinementOptions = {},
): CopyTask {
  return startCopy(source, target, options, ({ host, confinement }) => ({
    lend: (preopens) => lendSandbox(preopens, { host, ...(confinement && { confinement }) }),
  }));
}

/** What a copy needs from its caller. */
export interface Starter {
  /** Opens a sandbox over the directories, or returns an open one. Called again if the copy must start again. */
  lend(preopens: Preopens): Promise<LentSandbox>;
  /** The targets that earlier copies made, if several copies can have the same target. Such copies are not divided. */
  readonly made?: Made | undefined;
  /** What the job gets while it runs. Default: as the options say. */
  readonly input?: Input | undefined;
  /** What earlier copies of the same command have copied, for the limits. */
  readonly alreadyCopied?: Amounts | undefined;
  /** How errors spell the options that they advise. Default: as options of the API. */
  readonly spelling?: Spelling | undefined;
  /** What an error advises if the source is the path of an open stream. Default: to pass the stream. */
  readonly streamAdvice?: string | undefined;
}

/** Copies as {@link copy} does, in a sandbox that the caller lends. */
export function startCopy(
  source: string | URL | StreamSource,
  target: string | URL,
  options: CopyOptions & ConfinementOptions,
  starterFor: (options: ConfinementOptions) => Starter,
): CopyTask {
  return new CopyTask(() => {
    const taken = takeOptions<CopyOptions & ConfinementOptions>('options', options, checks, copyHints);
    requireAtomic(taken);
    const starter = starterFor(taken);
    const input = starter.input ?? inputOf(source, taken);
    const isPath = input?.form !== 'content' || starter.input !== undefined;
    const from = isPath ? hostPathOf('source', source) : STREAM;
    return orderOf(from, hostPathOf('target', target), taken, starter, input);
  });
}

function orderOf(
  source: string,
  target: string,
  options: CopyOptions,
  starter: Starter,
  input: Input | undefined,
): Order {
  const start = workingDirectory();
  const isStream = input?.form === 'content';
  const prepare = async (): Promise<Work> => {
    const find = () => {
      const to = withExistingDirectory(placeOf(target, TARGET, start));
      const from = isStream
        ? streamNamed(source)
        : behindDescriptor(placeOf(source, SOURCE, start), to, options, starter);
      return { from, to };
    };
    let { from, to } = find();
    if (start === undefined) {
      requireAbsolute(from, to);
    }
    requireReplaceable(from, to);
    const inside = isStream ? undefined : pathInSource(from, to, options);
    if (inside !== undefined) {
      await requireLeftOut(from, to, inside, options, starter);
      // The working directory may have changed meanwhile.
      ({ from, to } = find());
    }
    const { sandbox, giveBack } = await open(from, to, starter);
    const { made, alreadyCopied, spelling } = starter;
    const engineOptions = {
      ...options,
      filterSource: options.filterSource && hasOwnName(from),
      input: input?.form,
      alreadyCopied,
      ...(made && { made, concurrency: 1 }),
    };
    const work = sandbox.workOn(from.guestPath, to.guestPath, engineOptions, (path) =>
      hostPath(path, from, to),
    );
    const end = (succeeded: boolean) => {
      work.end(succeeded);
      giveBack(succeeded);
    };
    return { ...work, spelling, end };
  };
  return { options, input, prepare };
}

/** Refuses a relative path after the working directory was removed. */
function requireAbsolute(from: HostPath, to: HostPath): void {
  for (const { given, preopen } of [from, to]) {
    const isSource = preopen === from.preopen;
    // A stream has no path.
    const reason = preopen === STREAM ? undefined : reasonOfNowhere(given);
    if (reason !== undefined) {
      throw copyError(from, to, {
        code: 'ENOENT',
        operation: isSource ? 'inspect' : 'create',
        isSource,
        reason,
      });
    }
  }
}

/** Relative paths start at `start`, because the working directory can change before the copy gets its turn. */
function placeOf(asWritten: string, preopen: string, start: string | undefined): HostPath {
  const isMoved = start !== undefined && start !== workingDirectory() && !isAbsolute(asWritten);
  const given = isMoved && asWritten !== '' ? below(start, asWritten) : asWritten;
  if (given === '') {
    // The engine reports the error; it needs some directory for that.
    return { given, preopen, directory: '.', guestPath: '' };
  }
  const name = basename(given);
  // These name a directory itself, so its parent must stay out of reach.
  if (name === '' || name === '.' || name === '..') {
    // Patterns must not be compared with the preopen's name, which the caller does not know.
    return { given, preopen, directory: given, guestPath: preopen === SOURCE ? NAMELESS_SOURCE : preopen };
  }
  // The engine must see a slash at the end, because such a path can only name a directory.
  const slash = given.endsWith('/') || given.endsWith(sep) ? '/' : '';
  return { given, preopen, directory: dirname(given), guestPath: `${preopen}/${name}${slash}` };
}

/** Returns the place of a stream, which has no directory. Its guest path is only a name. */
function streamNamed(given: string): HostPath {
  return { given, preopen: STREAM, directory: '', guestPath: STREAM };
}

/** Whether the guest path ends with the last name of the given path, and not with the preopen's. */
function hasOwnName({ guestPath, preopen }: HostPath): boolean {
  return guestPath !== preopen && guestPath !== NAMELESS_SOURCE;
}

/**
 * Replaces a link that stands for an open file, such as `/dev/stdin`, with the path of that file. Returns other paths
 * as they are.
 */
function behindDescriptor(
  from: HostPath,
  to: HostPath,
  { symlinks }: CopyOptions,
  { streamAdvice = 'pass the stream itself, such as process.stdin' }: Starter,
): HostPath {
  const { given, preopen } = from;
  if (symlinks === 'skip' || !leadsToDescriptor(given)) {
    return from;
  }
  const path = pathOfOpenFile(given);
  if (path === undefined) {
    const reason = `it is an open stream, not a file with a name; ${streamAdvice}`;
    throw copyError(from, to, { code: NOT_REGULAR_FILE, operation: 'open', isSource: true, reason });
  }
  return { ...placeOf(path, preopen, undefined), given };
}

/**
 * Refuses a target that a copy must not replace: a link that stands for an open file, or a link to a FIFO, a socket or
 * a device.
 */
function requireReplaceable(from: HostPath, to: HostPath): void {
  const { given } = to;
  if (!isLink(given)) {
    return;
  }
  const refuse = (reason: string) =>
    copyError(from, to, { code: NOT_REGULAR_FILE, operation: 'create', isSource: false, reason });
  if (leadsToDescriptor(given)) {
    throw refuse('it is an open stream, which no copy can replace; name a file');
  }
  if (leadsToSpecialFile(given)) {
    throw refuse('it is not a regular file but a FIFO, a socket or a device');
  }
}

/**
 * Preopens the nearest existing directory instead of a missing one. The guest path then has the missing directories,
 * and the engine makes them or reports that they are missing.
 */
function withExistingDirectory(place: HostPath): HostPath {
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

/** A target inside the source: the source's directory, and the target's guest path below that. */
interface Inside {
  /** The source without links. */
  readonly directory: string;
  readonly guestPath: string;
}

/**
 * Finds a target inside the source. The component cannot detect that itself if the two have different preopens. Returns
 * undefined for paths that cannot be resolved, because the component reports them.
 */
function pathInSource(from: HostPath, to: HostPath, options: CopyOptions): Inside | undefined {
  // A link that is copied as a link has nothing inside it.
  if (!options.recursive || isCopiedAsLink(from, options)) {
    return undefined;
  }
  const [source, directory] = [realPath(from.given), realPath(to.directory)];
  if (
    source === undefined ||
    directory === undefined ||
    !isBelow(directory, source) ||
    !isDirectory(source)
  ) {
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

/** Refuses a target inside the source, unless `exclude` leaves it out. */
async function requireLeftOut(
  from: HostPath,
  to: HostPath,
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

/** Whether `exclude` leaves out a target inside the source. Only the component knows, so this makes a dry run. */
async function isLeftOut(
  { preopen, directory, guestPath }: HostPath,
  target: string,
  { exclude, symlinks }: CopyOptions,
  { lend }: Starter,
): Promise<boolean> {
  if (exclude === undefined || exclude.length === 0) {
    return false;
  }
  const options = { recursive: true, dryRun: true, concurrency: 1, exclude, symlinks };
  try {
    const { sandbox, giveBack } = await lend({ [preopen]: { path: directory, access: 'read' } });
    const work = sandbox.workOn(guestPath, target, options, (path) => path);
    try {
      const job = await work.begin(false);
      try {
        work.prepareStep();
        await job.step(1n);
      } finally {
        await job.drop();
      }
    } finally {
      work.end(false);
      giveBack(false);
    }
    return true;
  } catch (error) {
    // The copy itself reports all other errors.
    return componentErrorOf(error)?.code.tag !== 'into-itself';
  }
}

/** Returns the path without links; undefined if it leads nowhere. */
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

/** Whether the source is a link that is copied as a link. A link with a slash at its end stands for its target. */
function isCopiedAsLink({ given }: HostPath, { symlinks }: CopyOptions): boolean {
  return symlinks !== 'follow' && isLink(given);
}

async function open(from: HostPath, to: HostPath, { lend }: Starter): Promise<LentSandbox> {
  try {
    return await lend({
      ...(from.directory !== '' && { [from.preopen]: { path: from.directory, access: 'read' } }),
      [to.preopen]: { path: to.directory, access: 'read-write' },
    });
  } catch (error) {
    throw isSystemError(error) ? unreachable(error, from, to) : error;
  }
}

/** Makes the error for a directory that cannot be preopened, as the engine would report it for the path in it. */
function unreachable(cause: SystemError, from: HostPath, to: HostPath): CopyError {
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

function copyError(
  from: HostPath,
  to: HostPath,
  { code, operation, isSource, reason, cause }: Why,
): CopyError {
  const path = isSource ? from.given : to.given;
  return new CopyError({ code, operation, path, source: from.given, target: to.given, reason }, { cause });
}

/** Returns the caller's name for a guest path. */
function hostPath(guestPath: string, from: HostPath, to: HostPath): string {
  for (const place of [from, to]) {
    // Nothing is below an empty path, although every absolute path begins with it.
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
