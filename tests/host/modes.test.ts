import { chmodSync, chownSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { ModeCarrier } from '../../ts/host/index.js';
import type { Walker } from '../../ts/host/walker.js';
import { hostWith, outcome, preopensOf, temporaryDirectory, walkers } from './helpers.js';

/** A source and a target, on a host that carries modes between them. */
function carrying(walker: Walker) {
  const top = temporaryDirectory();
  const [source, target] = [join(top, 'source'), join(top, 'target')];
  mkdirSync(source);
  mkdirSync(target);
  const modes = new ModeCarrier();
  modes.start(true);
  const host = hostWith(walker, {
    preopens: { '/in': { path: source, access: 'read' }, '/out': { path: target, access: 'read-write' } },
    modes,
  });
  const preopen = preopensOf(host);
  return { source, target, modes, from: preopen('/in'), to: preopen('/out') };
}

const drop = (resource: object): void => (resource as Disposable)[Symbol.dispose]();

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe.each(walkers)('modes carried with the %s walker', (_kind, walker) => {
  it.each([0o4755, 0o2755, 0o6711])(
    'never create a file that runs as its owner or group, from %o',
    (mode) => {
      const { source, target, from, to } = carrying(walker);
      writeFileSync(join(source, 'f'), 'content');
      chmodSync(join(source, 'f'), mode);
      from.openAt({}, 'f', {}, { read: true });
      drop(to.openAt({}, 'f', { create: true, exclusive: true }, { write: true }));
      expect(modeOf(join(target, 'f'))).toBe(mode & 0o777);
    },
  );

  it('keep the sticky bit of a directory, but not its set-group-ID bit', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o3777);
    from.openAt({}, 'd', { directory: true }, { read: true });
    to.createDirectoryAt('d');
    drop(to.openAt({}, 'd', { directory: true }, { read: true }));
    expect(modeOf(join(target, 'd'))).toBe(0o1777);
  });

  it('are given to the new directory, and not to another one that has taken its name', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o777);
    mkdirSync(join(target, 'private'), 0o700);
    from.openAt({}, 'd', { directory: true }, { read: true });
    to.createDirectoryAt('d');
    to.renameAt('d', to, 'aside');
    to.renameAt('private', to, 'd');
    drop(to.openAt({}, 'd', { directory: true }, { read: true }));
    expect(modeOf(join(target, 'd'))).toBe(0o700);
  });

  it.each([0o700, 0o600, 0o1777, 0o755])(
    'are not given to a directory of the mode %o that replaces the new one',
    (mode) => {
      let swap: (() => void) | undefined;
      const swapping: Walker = {
        ...walker,
        enter(...given) {
          swap?.();
          swap = undefined;
          return walker.enter(...given);
        },
      };
      const { source, target, from, to, modes } = carrying(swapping);
      mkdirSync(join(source, 'd'));
      chmodSync(join(source, 'd'), 0o751);
      mkdirSync(join(target, 'private'));
      chmodSync(join(target, 'private'), mode);
      from.openAt({}, 'd', { directory: true }, { read: true });
      swap = () => {
        renameSync(join(target, 'd'), join(target, 'aside'));
        renameSync(join(target, 'private'), join(target, 'd'));
      };
      to.createDirectoryAt('d');
      drop(to.openAt({}, 'd', { directory: true }, { read: true }));
      expect(modeOf(join(target, 'd'))).toBe(mode);
      expect(modes.takeRefusals()).toEqual({ count: 1, path: '/out/d', code: 'EPERM' });
    },
  );

  it.each([0o751, 0o555])(
    'of %o are given to a directory that another job met and marked before this one did',
    (mode) => {
      let meet: (() => void) | undefined;
      const meeting: Walker = {
        ...walker,
        enter(...given) {
          meet?.();
          meet = undefined;
          return walker.enter(...given);
        },
      };
      const { source, target, from, to, modes } = carrying(meeting);
      mkdirSync(join(source, 'd'));
      chmodSync(join(source, 'd'), mode);
      from.openAt({}, 'd', { directory: true }, { read: true });
      meet = () => chmodSync(join(target, 'd'), 0o1720);
      to.createDirectoryAt('d');
      drop(to.openAt({}, 'd', { directory: true }, { read: true }));
      expect(modeOf(join(target, 'd'))).toBe(mode);
      expect(modes.takeRefusals()).toBe(undefined);
    },
  );

  it.runIf(process.getuid?.() === 0)('are not given to an unfinished directory of another user', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    mkdirSync(join(target, 'd'));
    chmodSync(join(target, 'd'), 0o1720);
    chownSync(join(target, 'd'), 65534, 65534);
    from.openAt({}, 'd', { directory: true }, { read: true });
    expect(outcome(() => to.createDirectoryAt('d'))).toBe('exist');
    drop(to.openAt({}, 'd', { directory: true }, { read: true }));
    expect(modeOf(join(target, 'd'))).toBe(0o1720);
  });

  it('keep the inherited set-group-ID bit of a new directory, also if it is reopened to be changed', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o555);
    chmodSync(target, 0o2777);
    from.openAt({}, 'd', { directory: true }, { read: true });
    to.createDirectoryAt('d');
    const made = to.openAt({}, 'd', { directory: true }, { read: true });
    expect(modeOf(join(target, 'd'))).toBe(0o3720);
    drop(made);
    expect(modeOf(join(target, 'd'))).toBe(0o2555);
  });
});
