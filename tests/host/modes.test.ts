import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModeCarrier } from '../../ts/host/index.js';
import type { Walker } from '../../ts/host/walker.js';
import { hostWith, preopensOf, temporaryDirectory, walkers } from './helpers.js';

/** A source and a target, with a host that carries modes between them. */
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
  return { source, target, from: preopen('/in'), to: preopen('/out') };
}

const drop = (resource: object): void => (resource as Disposable)[Symbol.dispose]();

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe.each(walkers)('modes carried with the %s walker', (_kind, walker) => {
  it.each([0o4755, 0o2755, 0o6711])('never make a file that runs as its owner or group, from %o', (mode) => {
    const { source, target, from, to } = carrying(walker);
    writeFileSync(join(source, 'f'), 'content');
    chmodSync(join(source, 'f'), mode);
    from.openAt({}, 'f', {}, { read: true });
    drop(to.openAt({}, 'f', { create: true, exclusive: true }, { write: true }));
    expect(modeOf(join(target, 'f'))).toBe(mode & 0o777);
  });

  it('keep who may remove what in a directory, and not its group for what is made there', () => {
    const { source, target, from, to } = carrying(walker);
    mkdirSync(join(source, 'd'));
    chmodSync(join(source, 'd'), 0o3777);
    from.openAt({}, 'd', { directory: true }, { read: true });
    to.createDirectoryAt('d');
    drop(to.openAt({}, 'd', { directory: true }, { read: true }));
    expect(modeOf(join(target, 'd'))).toBe(0o1777);
  });

  it('are given to the directory that was made, and not to another one that has got its name', () => {
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
});
