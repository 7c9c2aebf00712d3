import type { ExpectedError } from './behaviour.js';

const error = (code: string, says: string, entry?: string): ExpectedError =>
  entry === undefined ? { code, says } : { code, says, entry };

/** A path that does not exist. */
export const missing = (path: string, verb = 'inspect', entry?: string): ExpectedError =>
  error('ENOENT', `cannot ${verb} '${path}': no such file or directory`, entry);

/** A target whose directory is missing. */
export const noDirectory = (path: string): ExpectedError =>
  error(
    'ENOENT',
    `cannot create '${path}': its directory does not exist; create it first, or use \`make-parents\``,
  );

/** A target that does not exist, with a slash at its end. */
export const endsInSlash = (path: string): ExpectedError =>
  error(
    'ENOENT',
    `cannot create '${path}': it ends in a slash, but there is no such directory; leave the slash out`,
  );

/** A path that should be a directory and is not. */
export const notDirectory = (path: string, verb: string, entry?: string): ExpectedError =>
  error('ENOTDIR', `cannot ${verb} '${path}': not a directory`, entry);

/** A directory in place of a file or a link. */
export const isDirectory = (path: string, entry?: string): ExpectedError =>
  error('EISDIR', `cannot create '${path}': it is a directory; choose another path for the copy`, entry);

/** A directory as source without the recursive option. */
export const needsRecursive = (path: string): ExpectedError =>
  error(
    'EISDIR',
    `cannot open '${path}': it is a directory; to copy it with its contents, use \`recursive\``,
  );

/** Forbidden by permissions. */
export const denied = (path: string, verb: string, entry?: string): ExpectedError =>
  error('EACCES', `cannot ${verb} '${path}': permission denied`, entry);

/** Forbidden by the sandbox. */
export const notPermitted = (path: string, verb: string, entry?: string): ExpectedError =>
  error('EPERM', `cannot ${verb} '${path}': not permitted by the sandbox or the file system`, entry);

/** A followed link that leads out of the sandbox. */
export const leadsOut = (path: string, entry?: string): ExpectedError =>
  error(
    'EPERM',
    `cannot inspect '${path}': it is a link that leads out of the sandbox; copy its destination by its own path, ` +
      'or copy the link itself, with `symlinks=preserve`',
    entry,
  );

/** A link that the host does not let programs read. */
export const unreadableLink = (path: string, entry?: string): ExpectedError =>
  error(
    'EPERM',
    `cannot inspect '${path}': the host does not let programs read this link, perhaps because it is absolute; ` +
      'leave it out, with `symlinks=skip`, or copy its destination by its own path',
    entry,
  );

/** Neither a file, nor a directory, nor a link. */
export const notRegular = (path: string, verb = 'open', entry?: string): ExpectedError =>
  error(
    'ERR_MAPCP_NOT_REGULAR_FILE',
    `cannot ${verb} '${path}': it is not a regular file but a FIFO, a socket or a device`,
    entry,
  );

/** Source and target are the same file. */
export const sameFile = (path: string, entry?: string): ExpectedError =>
  error('ERR_MAPCP_SAME_FILE', `cannot use '${path}': source and target are the same file`, entry);

/** The target is in the source. */
export const intoItself = (path: string, entry?: string): ExpectedError =>
  error('ERR_MAPCP_INTO_ITSELF', `cannot use '${path}': a directory cannot be copied into itself`, entry);

/** A target that must not exist. */
export const exists = (path: string, entry?: string): ExpectedError =>
  error('EEXIST', `cannot create '${path}': it already exists`, entry);

/** A tree that must not be replaced as a whole. */
export const wholeExists = (path: string): ExpectedError =>
  error(
    'EEXIST',
    `cannot create '${path}': it already exists; to replace it as a whole, use \`overwrite=always\``,
  );

/** A source that would be removed with its target. */
export const sourceInside = (path: string): ExpectedError =>
  error('ERR_MAPCP_INTO_ITSELF', `cannot use '${path}': the source is in it, and would be removed with it`);

/** Links that lead in a circle. */
export const loop = (path: string, verb = 'inspect', entry?: string): ExpectedError =>
  error('ELOOP', `cannot ${verb} '${path}': too many symbolic links, or a loop of them`, entry);

/** A time that WASI cannot represent. The entry was copied. */
export const timeless = (path: string, entry?: string): ExpectedError => ({
  ...error(
    'ENOTSUP',
    `cannot set the times of '${path}': the source's time may be outside the range of WASI, 1970 to 2554`,
    entry,
  ),
  isCopied: true,
});

/** It is unknown whether the target is newer. */
export const undecided = (path: string, entry?: string): ExpectedError =>
  error(
    'ENOTSUP',
    `cannot inspect '${path}': it is unknown whether the source is newer, because WASI has only times from 1970 to 2554; choose another overwrite policy`,
    entry,
  );

/** A target that is a mount point. */
export const mountPoint = (path: string): ExpectedError =>
  error(
    'EBUSY',
    `cannot rename '${path}': it is in use, or a mount point, such as a file that is mounted into a container; copy to another name, or mount its directory`,
  );

/** A pattern that repeats the path of the source. The source was copied. */
export const repeatsSource = (pattern: string): ExpectedError => ({
  ...error(
    'EINVAL',
    `cannot match '${pattern}': a pattern is matched against paths below the source, so leave out the path of the source`,
  ),
  isCopied: true,
});

/** A pattern that means something else with other programs. The source was copied. */
export const surprises = (pattern: string, why: string): ExpectedError => ({
  ...error('EINVAL', `cannot match '${pattern}': ${why}`),
  isCopied: true,
});

/** A full disk. */
export const full = (path: string, verb = 'write', entry?: string): ExpectedError =>
  error('ENOSPC', `cannot ${verb} '${path}': no space left on the file system`, entry);

/** A source that changed although changes are allowed. */
export const changedThough = (path: string): ExpectedError =>
  error(
    'ERR_MAPCP_SOURCE_CHANGED',
    `cannot map '${path}': it changed during the copy; copy it again when nothing writes to it`,
  );

/** A source that changed. */
export const changed = (path: string, entry?: string): ExpectedError =>
  error(
    'ERR_MAPCP_SOURCE_CHANGED',
    `cannot map '${path}': it changed during the copy; copy it again when nothing writes to it, or, if it only grows, with \`allow-changes\``,
    entry,
  );

/** A link that could lead out of its tree. */
export const couldLeadOut = (path: string, entry?: string): ExpectedError =>
  error(
    'ERR_MAPCP_LINK_LEADS_OUT',
    `cannot use '${path}': the link could lead out of the copied tree; leave such links out, with \`symlinks=skip\``,
    entry,
  );

/** A name that is not portable. */
export const notPortable = (path: string, says: string, entry?: string): ExpectedError =>
  error('ERR_MAPCP_NAME_NOT_PORTABLE', `cannot use '${path}': ${says}`, entry);

/** A name that collides with another one. */
export const collides = (path: string, sibling: string, entry?: string): ExpectedError =>
  notPortable(
    path,
    `some file systems treat this name and another one in its directory as one; rename one of them; the other one is '${sibling}'`,
    entry,
  );

/** An entry that exceeds a limit. */
export const limited = (path: string, says: string, entry?: string, whom = 'source'): ExpectedError =>
  error(
    'ERR_MAPCP_LIMIT_EXCEEDED',
    `cannot use '${path}': ${says} allows; raise the limit if you trust the ${whom}`,
    entry,
  );
