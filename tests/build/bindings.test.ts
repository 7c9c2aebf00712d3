// What build/transpile.mjs leaves of jco's bindings.

import { instantiate } from 'mapcp/bindings';
import { createHost } from 'mapcp/host';
import { expect, it } from 'vitest';

declare const WebAssembly: { readonly RuntimeError: new (message: string) => Error };

it('a component that has trapped is not entered again', async () => {
  using host = await createHost({ clocks: true, random: true });
  const trap = () => {
    throw new WebAssembly.RuntimeError('unreachable');
  };
  const imports = new Proxy(host.imports, {
    get: (given, name) =>
      String(name).startsWith('wasi:filesystem/preopens')
        ? { getDirectories: trap }
        : Reflect.get(given, name),
  });
  const { copier } = await instantiate(undefined, imports);
  expect(() => copier.clean('/', true)).toThrow('unreachable');
  expect(() => copier.clean('/', true)).toThrow('cannot enter component instance');
});
