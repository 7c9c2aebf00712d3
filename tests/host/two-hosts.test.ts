// Two hosts in one process, with a component on each, share nothing.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Root } from '#bindings';
import { toComponent } from '../../ts/common/options.js';
import type { Walker } from '../../ts/host/walker.js';
import { temporaryDirectory } from '../helpers/it.js';
import { built } from '../helpers/runtimes.js';
import { hostWith, walkers } from './helpers.js';

/** The bindings of the whole component, which has the command too. */
interface Whole {
  instantiate(core: undefined, imports: object): Promise<Root & { run: { run(): void } }>;
}

const FILES = 5;

/** An instance on a host of its own. Its files, arguments and output contain `name`. */
async function instanceOf(name: string, walker: Walker) {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'tree'));
  for (let index = 0; index < FILES; index++) {
    writeFileSync(join(directory, 'tree', `${name}-${index}`), name);
  }
  const printed: string[] = [];
  const host = hostWith(walker, {
    preopens: { '/': { path: directory, access: 'read-write' } },
    args: ['mapcp', '--verbose', `/tree/${name}-0`, `/${name}`],
    env: { NAME: name },
    stdin: Buffer.from(name),
    stdout: (bytes) => void printed.push(Buffer.from(bytes).toString()),
    clocks: true,
    random: true,
  });
  const { instantiate }: Whole = await import(built('node', 'mapcp.js'));
  const { copier, run } = await instantiate(undefined, host.imports);
  const job = new copier.CopyJob('/tree', '/copy', toComponent({ recursive: true }, false));
  const copied = () =>
    readdirSync(join(directory, 'copy'))
      .sort()
      .map((file) => [file, readFileSync(join(directory, 'copy', file), 'utf8')]);
  const whole = Array.from({ length: FILES }, (_, index) => [`${name}-${index}`, name]);
  return { name, directory, host, printed, job, run, copied, whole };
}

const both = async (walker: Walker) =>
  [await instanceOf('one', walker), await instanceOf('two', walker)] as const;

describe.each(walkers)('two hosts, by the %s walker,', (_kind, walker) => {
  it('run components alternately, each with its own files, arguments and output', async () => {
    const instances = await both(walker);
    let turns = 0;
    for (let working = [...instances]; working.length > 0; turns++) {
      working = working.filter(({ job }) => !job.step(1n).done);
    }
    expect(turns).toBeGreaterThan(FILES);
    for (const { run } of instances) {
      run.run();
    }
    for (const { name, directory, printed, copied, whole } of instances) {
      expect(copied()).toEqual(whole);
      expect(readdirSync(directory).sort()).toEqual(['copy', name, 'tree'].sort());
      expect(printed.join('')).toContain(`/tree/${name}-0`);
      expect(printed.join('')).not.toContain(name === 'one' ? 'two' : 'one');
    }
  });

  it('give each component its own options', async () => {
    for (const { name, host } of await both(walker)) {
      const { imports } = host;
      expect(imports['wasi:cli/environment'].getArguments()[3]).toBe(`/${name}`);
      expect(imports['wasi:cli/environment'].getEnvironment()).toEqual([['NAME', name]]);
      expect(Buffer.from(imports['wasi:cli/stdin'].getStdin().read(9n)).toString()).toBe(name);
    }
  });

  it('are closed separately', async () => {
    const [one, two] = await both(walker);
    one.job.step(1n);
    two.job.step(1n);
    one.host.close();
    expect(() => one.job.step(1n << 62n)).toThrow();
    expect(two.job.step(1n << 62n).done).toBe(true);
    expect(two.copied()).toEqual(two.whole);
    two.run.run();
    expect(two.printed.join('')).toContain('/tree/two-0');
  });
});
