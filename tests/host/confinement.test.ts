// Where a component can be confined, and what is said where it cannot.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './helpers.js';

/**
 * Makes hosts with each `confinement` on a `platform`, and prints what was read through each, or its error, and what was
 * warned of.
 */
const maker = `
  import { createHost } from 'mapcp/host';
  const [platform, path, ...confinements] = process.argv.slice(1);
  Object.defineProperty(process, 'platform', { value: platform });
  const warnings = [];
  process.on('warning', ({ name, code }) => warnings.push([name, code].join(' ')));
  const hosts = [];
  for (const confinement of confinements) {
    try {
      const host = await createHost({
        preopens: { '/': { path, access: 'read' } },
        ...(confinement === 'default' ? {} : { confinement }),
      });
      const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories();
      hosts.push(Buffer.from(root.openAt({}, 'file', {}, { read: true }).read(9n, 0n)[0]).toString());
    } catch ({ message }) {
      hosts.push(message);
    }
  }
  // Warnings are given after the code that warns.
  setImmediate(() => console.log(JSON.stringify({ hosts, warnings })));
`;

/** What `maker` prints in a process that `inFrontOf` starts. */
function make(platform: string, confinements: string[], inFrontOf: string[] = []) {
  const path = temporaryDirectory();
  writeFileSync(join(path, 'file'), 'content');
  const node = [process.execPath, '--no-warnings', '--input-type=module', '--eval', maker, '--'];
  const [program = '', ...args] = [...inFrontOf, ...node, platform, path, ...confinements];
  const { stdout, stderr } = spawnSync(program, args, {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const bestEffort = 'ConfinementWarning MAPCP_BEST_EFFORT';

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('a component is confined strictly, and there is nothing to warn of', () => {
    expect(make('linux', ['default', 'strict', 'best-effort'])).toEqual({
      hosts: ['content', 'content', 'content'],
      warnings: [],
    });
  });

  const withoutProcfs: [string, string][] = [
    ['an empty directory at /proc', ''],
    [
      'a directory made to look like procfs',
      'ln -s $$ /proc/self && mkdir /proc/$$ && ln -s /dev/fd /proc/$$/fd',
    ],
  ];
  it.for(withoutProcfs)(
    'and with %s, it is refused unless less will do, which is warned of once',
    ([, prepare], test) => {
      if (spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/proc']).status !== 0) {
        // CI can mount, and must not pass without.
        expect(process.env.CI).toBeUndefined();
        test.skip('mounting is not allowed here');
      }
      const script = `mount -t tmpfs tmpfs /proc && ${prepare || ':'} && exec "$@"`;
      const refused = expect.stringContaining('no procfs is mounted at /proc');
      expect(
        make(
          'linux',
          ['default', 'strict', 'best-effort', 'best-effort'],
          ['unshare', '--mount', 'sh', '-c', script, 'sh'],
        ),
      ).toEqual({ hosts: [refused, refused, 'content', 'content'], warnings: [bestEffort] });
    },
  );
});

it('on another system, it is refused where it must be strict, and else warned of once', () => {
  expect(make('darwin', ['strict', 'default', 'best-effort', 'default'])).toEqual({
    hosts: [expect.stringContaining('Linux only'), 'content', 'content', 'content'],
    warnings: [bestEffort],
  });
});
