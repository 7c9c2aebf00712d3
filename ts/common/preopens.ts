// Checks of preopens: directories by their guest paths.

import { allOptionsOf, type Check, type Checks, oneOf, recordOf, requireThat, text } from './check.js';

/** Whether a component can change a preopen. */
export const access = oneOf('read', 'read-write');

const readOnly = "access: 'read'";

/**
 * Makes a check for a directory to preopen.
 *
 * @param checks its options. All are required, so that a misspelt one such as `readonly` cannot make it less safe
 */
export const preopenOf = <T>(checks: Checks<T>): Check =>
  allOptionsOf(checks, { readonly: readOnly, readOnly, ro: readOnly });

/** The guest path of a preopen. Each has only one valid spelling. */
export const guestPath: Check = (name, value) => {
  text(name, value);
  const parts = String(value).split('/');
  const isPlain = parts.every((part, at) => part !== '.' && part !== '..' && (part !== '' || at === 0));
  requireThat(
    value === '/' || value === '.' || (value !== '' && isPlain),
    name,
    "a path such as '/in', without '.', '..' and a slash at its end",
    value,
  );
  return value;
};

/** The guest path of a preopen of a sandbox, which must be absolute. */
const absoluteGuestPath: Check = (name, value) => {
  guestPath(name, value);
  requireThat(String(value).startsWith('/'), name, "an absolute path such as '/in'", value);
  return value;
};

/** Makes a check for an object with a directory for each guest path. */
export const preopensOf =
  (preopen: Check, path = absoluteGuestPath): Check =>
  (name, value) => {
    const taken = recordOf(preopen, 'an object with a directory for each guest path')(name, value);
    for (const key of Object.keys(taken as object)) {
      path(`a name in ${name}`, key);
    }
    return taken;
  };
