import { chmodSync, chownSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { ModeCarrier } from '../../ts/host/index.js';
import type { Walker } from '../../ts/host/walker.js';
import { temporaryDirectory } from '../helpers/it.js';
import { hostWith, outcome, preopensOf, walkers } from './helpers.js';

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

const now = { tag: 'now' } as const;

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

  it('are not carried from a directory that was closed before the new one is created', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o1777);
    drop(from.openAt({}, 'd', { directory: true }, { read: true }));
    to.createDirectoryAt('d');
    expect(modeOf(join(target, 'd'))).toBe(0o777 & ~process.umask());
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

  it('are given to an existing directory only if it gets its times', () => {
    const { source, target, from, to, modes } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o750);
    mkdirSync(join(target, 'd'));
    chmodSync(join(target, 'd'), 0o705);
    from.openAt({}, 'd', { directory: true }, { read: true });
    const open = () => {
      expect(outcome(() => to.createDirectoryAt('d'))).toBe('exist');
      return to.openAt({}, 'd', { directory: true }, { read: true });
    };
    drop(open());
    expect(modeOf(join(target, 'd'))).toBe(0o705);
    from.openAt({}, 'd', { directory: true }, { read: true });
    const timed = open();
    timed.setTimesAt({}, '.', now, now);
    expect(modeOf(join(target, 'd'))).toBe(0o705);
    drop(timed);
    expect(modeOf(join(target, 'd'))).toBe(0o750);
    expect(modes.takeRefusals()).toBe(undefined);
  });

  it('are given to an existing preopened directory', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o750);
    from.openAt({}, 'd', { directory: true }, { read: true });
    expect(outcome(() => to.createDirectoryAt('.'))).toBe('exist');
    const opened = to.openAt({}, '.', { directory: true }, { read: true });
    opened.setTimesAt({}, '.', now, now);
    drop(opened);
    expect(modeOf(target)).toBe(0o750);
  });

  it('are not given to an existing directory that has taken the name of another one', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o777);
    mkdirSync(join(target, 'd'));
    mkdirSync(join(target, 'private'), 0o700);
    from.openAt({}, 'd', { directory: true }, { read: true });
    expect(outcome(() => to.createDirectoryAt('d'))).toBe('exist');
    to.renameAt('d', to, 'aside');
    to.renameAt('private', to, 'd');
    const opened = to.openAt({}, 'd', { directory: true }, { read: true });
    opened.setTimesAt({}, '.', now, now);
    drop(opened);
    expect(modeOf(join(target, 'd'))).toBe(0o700);
  });

  it('are not given to the target of a link', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o777);
    mkdirSync(join(target, 'private'), 0o700);
    symlinkSync('private', join(target, 'd'));
    from.openAt({}, 'd', { directory: true }, { read: true });
    expect(outcome(() => to.createDirectoryAt('d'))).toBe('exist');
    const opened = to.openAt({ symlinkFollow: true }, 'd', { directory: true }, { read: true });
    opened.setTimesAt({}, '.', now, now);
    drop(opened);
    expect(modeOf(join(target, 'private'))).toBe(0o700);
  });

  it.runIf(process.getuid?.() === 0)('are refused to an existing directory of another user', () => {
    const { source, target, from, to, modes } = carrying(walker);
    mkdirSync(join(source, 'd'));
    mkdirSync(join(target, 'd'), 0o700);
    chownSync(join(target, 'd'), 65534, 65534);
    from.openAt({}, 'd', { directory: true }, { read: true });
    expect(outcome(() => to.createDirectoryAt('d'))).toBe('exist');
    const opened = to.openAt({}, 'd', { directory: true }, { read: true });
    opened.setTimesAt({}, '.', now, now);
    drop(opened);
    expect(modeOf(join(target, 'd'))).toBe(0o700);
    expect(modes.takeRefusals()).toEqual({ count: 1, path: '/out/d', code: 'EPERM' });
  });

  it('let a job fill an existing directory that another job has finished as read-only', () => {
    let isDenied = false;
    const denying: Walker = {
      ...walker,
      // The superuser may change every directory.
      makeDirectory(directory, name, mode) {
        if (isDenied && (statSync(join(target, 'd')).mode & 0o200) === 0) {
          throw Object.assign(new Error('denied'), { code: 'EACCES', syscall: 'mkdir' });
        }
        walker.makeDirectory(directory, name, mode);
      },
    };
    const { source, target, from, to } = carrying(denying);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o555);
    mkdirSync(join(target, 'd'));
    const [first, second] = [1, 2].map(() => {
      from.openAt({}, 'd', { directory: true }, { read: true });
      expect(outcome(() => to.createDirectoryAt('d'))).toBe('exist');
      return to.openAt({}, 'd', { directory: true }, { read: true });
    });
    first?.setTimesAt({}, '.', now, now);
    drop(first ?? {});
    expect(modeOf(join(target, 'd'))).toBe(0o555);
    isDenied = true;
    second?.createDirectoryAt('e');
    isDenied = false;
    drop(second ?? {});
    expect(modeOf(join(target, 'd'))).toBe(0o555);
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
