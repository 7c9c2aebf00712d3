/** Makes the error for a sandbox that is used after it was closed. Its code is `ERR_MAPCP_CLOSED`. */
export function closedError(): Error {
  return Object.assign(new Error('the sandbox is closed'), { code: 'ERR_MAPCP_CLOSED' });
}
