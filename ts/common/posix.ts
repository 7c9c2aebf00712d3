import type { ErrorCode } from '../jobs/component.js';

/** The name that a {@link CopyError} carries for each of the component's error codes. */
const names: Record<ErrorCode['tag'], string> = {
  'not-found': 'ENOENT',
  'access-denied': 'EACCES',
  'not-permitted': 'EPERM',
  'already-exists': 'EEXIST',
  'is-directory': 'EISDIR',
  'not-directory': 'ENOTDIR',
  'not-regular-file': 'ERR_MAPCP_NOT_REGULAR_FILE',
  'same-file': 'ERR_MAPCP_SAME_FILE',
  'into-itself': 'ERR_MAPCP_INTO_ITSELF',
  'source-changed': 'ERR_MAPCP_SOURCE_CHANGED',
  'verification-failed': 'ERR_MAPCP_VERIFICATION_FAILED',
  'just-created': 'ERR_MAPCP_JUST_CREATED',
  'limit-exceeded': 'ERR_MAPCP_LIMIT_EXCEEDED',
  'link-leads-out': 'ERR_MAPCP_LINK_LEADS_OUT',
  'name-not-portable': 'ERR_MAPCP_NAME_NOT_PORTABLE',
  'invalid-argument': 'EINVAL',
  'too-many-links': 'ELOOP',
  'name-too-long': 'ENAMETOOLONG',
  'invalid-name': 'EILSEQ',
  'no-space': 'ENOSPC',
  'quota-exceeded': 'EDQUOT',
  'file-too-large': 'EFBIG',
  'read-only-file-system': 'EROFS',
  'too-many-open-files': 'EMFILE',
  'out-of-memory': 'ENOMEM',
  io: 'EIO',
  busy: 'EBUSY',
  unsupported: 'ENOTSUP',
  other: 'ERR_MAPCP_OTHER',
};

/**
 * Returns the POSIX name of an error code of the component, or our own name if POSIX has none.
 *
 * @param code the code of an error
 */
export function nameOf(code: ErrorCode): string {
  return names[code.tag];
}
