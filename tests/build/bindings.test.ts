// What build/transpile.mjs leaves of jco's bindings.

import { instantiate } from 'mapcp/bindings';
import { createHost } from 'mapcp/host';
import { describe, expect, it } from 'vitest';
import { instantiate as instantiateCommandLine } from '#command-line';
import { toComponent } from '../../ts/common/options.js';

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

/** Returns the component's error. */
function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { payload: unknown }).payload;
  }
  return undefined;
}

describe('a NUL in a string that a program passes is an error that shows it:', async () => {
  const reason = 'it must not contain a NUL character';
  const { copier } = await instantiate(undefined, (await createHost({ clocks: true, random: true })).imports);

  it.each([
    { name: 'the source', source: '/in\0x', path: '/in\\0x' },
    { name: 'the target', target: '/out/nn\0x', path: '/out/nn\\0x' },
    { name: 'a pattern to include', include: ['*.c', '*.txt\0zz'], path: '*.txt\\0zz' },
    { name: 'a pattern to exclude', exclude: ['\0'], path: '\\0' },
  ])('$name', ({ source = '/in', target = '/out', include = [], exclude = [], path }) => {
    const job = new copier.CopyJob(source, target, toComponent({ include, exclude }, false));
    for (const _time of [1, 2]) {
      expect(errorOf(() => job.step(1n))).toMatchObject({ code: { tag: 'invalid-argument' }, path, reason });
    }
    expect(job.stop()).toBe(false);
    job[Symbol.dispose]();
  });

  it('the directory to clean', () => {
    expect(errorOf(() => copier.clean('/out\0x', false))).toMatchObject({
      code: { tag: 'invalid-argument' },
      path: '/out\\0x',
      reason,
    });
  });

  it('a pattern that is checked', () => {
    expect(copier.patternFault('*.txt\0zz')).toBe('A pattern must not contain a NUL character.');
  });

  it('an argument of a command line', async () => {
    const { commandLine } = await instantiateCommandLine(undefined, { 'mapcp:copy/copier@0.1.0': {} });
    expect(commandLine.parse(['a\0', 'b'])).toMatchObject({
      tag: 'print',
      val: { status: 2, text: 'mapcp: an argument must not contain a NUL character\n' },
    });
  });
});

it('a path in no directory of the host is an error that says so', async () => {
  using host = await createHost({ clocks: true, random: true });
  const { copier } = await instantiate(undefined, host.imports);
  const job = new copier.CopyJob('/in', '/out', toComponent({}, false));
  expect(errorOf(() => job.step(1n))).toMatchObject({
    code: { tag: 'not-found' },
    reason: 'it is in none of the directories that the host opened',
  });
});
