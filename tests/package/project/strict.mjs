// Prints why a sandbox is refused that must be strict, on a system where only koffi can confine it.

import { openSandbox } from 'mapcp';

Object.defineProperty(process, 'platform', { value: 'darwin' });
await openSandbox({ '/': { path: '.', access: 'read' } }, { confinement: 'strict' }).catch(({ message }) =>
  console.log(message),
);
