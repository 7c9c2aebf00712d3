// On Linux, koffi is used when it saves more than its start costs.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { NoKoffiError } from '../../ts/host/koffi.js';
import type { Walker } from '../../ts/host/walker.js';
import { fasterWalker, MANY } from '../../ts/host/walker-linux.js';
import { openatWalker } from '../../ts/host/walker-openat.js';
import { procfsWalker } from '../../ts/host/walker-procfs.js';
import { it } from '../helpers/it.js';
import { outcome, sandbox } from './helpers.js';
import { Counter, counted } from './watch-calls.js';

/** A walker with `load`, a file `name` that it can open any number of times, and its calls. */
function setUp(load: () => Walker) {
  const calls = new Counter();
  const procfs = procfsWalker();
  if (procfs === undefined) {
    throw new Error('there is no procfs at /proc');
  }
  const { box, root } = sandbox(fasterWalker(counted(procfs, calls), load));
  writeFileSync(join(box, 'name'), 'content');
  const open = (times: number) => {
    for (let time = 0; time < times; time++) {
      const file = root.openAt({}, 'name', {}, { read: true });
      (file as object as Disposable)[Symbol.dispose]();
    }
  };
  return { box, root, open, calls };
}

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('the first files are opened through procfs, and the others through koffi', () => {
    let loads = 0;
    const { root, open, calls } = setUp(() => {
      loads += 1;
      return openatWalker();
    });
    open(MANY - 1);
    expect([loads, calls.get('open')]).toEqual([0, MANY - 1]);
    open(10);
    root.renameAt('name', root, 'other');
    expect([loads, calls.get('open'), calls.get('rename')]).toEqual([1, MANY - 1, undefined]);
    expect(outcome(() => root.openAt({}, 'missing', {}, { read: true }))).toBe('no-entry');
  });

  it('all files are opened through procfs if koffi cannot be used', () => {
    let loads = 0;
    const { open, calls } = setUp(() => {
      loads += 1;
      throw new NoKoffiError('koffi is not installed');
    });
    open(MANY + 10);
    expect([loads, calls.get('open')]).toEqual([1, MANY + 10]);
  });

  /** Opens files in a worker, and prints whether koffi is loaded after few and after many, and the warnings. */
  const program = `
    const { readFileSync } = require('node:fs');
    const { parentPort, workerData } = require('node:worker_threads');
    const warnings = [];
    process.on('warning', ({ message }) => warnings.push(message));
    import('mapcp/host').then(async ({ createHost }) => {
      const host = await createHost({ preopens: { '/': { path: workerData.path, access: 'read' } } });
      const [[root]] = host.imports['wasi:filesystem/preopens'].getDirectories();
      const isLoaded = (times) => {
        for (let time = 0; time < times; time++) {
          root.openAt({}, 'file', {}, { read: true })[Symbol.dispose || Symbol.for('dispose')]();
        }
        return readFileSync('/proc/self/maps', 'utf8').includes('koffi.node');
      };
      const found = [isLoaded(100), isLoaded(${MANY})];
      host.close();
      setImmediate(() => parentPort.postMessage({ found, warnings }));
    });
  `;

  it('a worker that opens many files uses koffi, without a warning', ({ directory: path }) => {
    writeFileSync(join(path, 'file'), 'content');
    const starter = `
      const { Worker } = require('node:worker_threads');
      new Worker(${JSON.stringify(program)}, { eval: true, workerData: ${JSON.stringify({ path })} })
        .on('message', (result) => console.log(JSON.stringify(result)));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--eval', starter], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ found: [false, true], warnings: [] });
  });
});
