// Confinement of components, and the warning or refusal if it is not strict.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './helpers.js';

/**
 * Creates hosts with each `confinement` on a `platform`. Prints the content that each reads, or its error, and the
 * warnings.
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
  // Warnings are emitted later.
  setImmediate(() => console.log(JSON.stringify({ hosts, warnings })));
`;

/** The output of `maker` in a process that `inFrontOf` starts. */
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
  it('a component is confined strictly, without a warning', () => {
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
    'with %s, it is refused, unless weaker confinement is accepted',
    ([, prepare], test) => {
      if (spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/proc']).status !== 0) {
        // CI can mount, so there it must.
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
      ).toEqual({ hosts: [refused, refused, 'content', 'content'], warnings: [] });
    },
  );
});

it('on another system, it is refused if it must be strict, and warned about once unless it is accepted', () => {
  expect(make('darwin', ['best-effort']).warnings).toEqual([]);
  expect(make('darwin', ['strict', 'default', 'best-effort', 'default'])).toEqual({
    hosts: [expect.stringContaining('Linux only'), 'content', 'content', 'content'],
    warnings: [bestEffort],
  });
});
