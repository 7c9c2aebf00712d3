// Many copies at once take turns, so there are enough descriptors and memory.

import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { type CopyEntry, copy, openSandbox } from 'mapcp';
import { describe, expect, vi } from 'vitest';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';
import { runFile } from '../helpers/runtimes.js';

/** Creates files `a0`, `a1` and so on. */
function makeFiles(directory: string, count: number, content = 'content'): number[] {
  const numbers = Array.from({ length: count }, (_, index) => index);
  for (const number of numbers) {
    writeFileSync(join(directory, `a${number}`), content);
  }
  return numbers;
}

/** Returns a function whose calls all wait until there were `count` of them. */
function barrier(count: number): () => Promise<void> {
  let calls = 0;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    calls++;
    if (calls === count) {
      open();
    }
    return opened;
  };
}

/** The output of a program that runs in a directory with a limit of descriptors. */
function withDescriptors(most: number, directory: string, program: string): string {
  chmodSync(directory, 0o777);
  const library = JSON.stringify(resolve('build/out/js/index.js'));
  writeFileSync(join(directory, 'program.mjs'), `import { copy, openSandbox } from ${library};\n${program}`);
  const limited = `ulimit -n ${most} && exec "$0" program.mjs`;
  const { status, stdout, stderr } = runFile('bash', ['-c', limited, process.execPath], directory);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe('many copies at once', () => {
  it('all end although the timers are fake', async ({ directory }) => {
    vi.useFakeTimers();
    try {
      const copies = makeFiles(directory, 40).map((number) =>
        copy(join(directory, `a${number}`), join(directory, `b${number}`)),
      );
      expect(await Promise.all(copies)).toHaveLength(40);
      const slow = async function* () {
        for (const byte of 'content') {
          await new Promise((resolve) => process.nextTick(resolve));
          yield Buffer.from(byte);
        }
      };
      expect((await copy(slow(), join(directory, 'c'))).bytes).toBe(7);
    } finally {
      vi.useRealTimers();
    }
  });

  it('all succeed, although there are more copies than descriptors', ({ inMemory: directory }) => {
    makeFiles(directory, 300);
    const printed = withDescriptors(
      128,
      directory,
      `const copies = Array.from({ length: 300 }, (_, number) => copy(\`a\${number}\`, \`b\${number}\`));
        const endings = await Promise.allSettled(copies);
        console.log(endings.filter(({ status }) => status === 'fulfilled').length);`,
    );
    expect(printed).toBe('300\n');
  });

  it('all succeed in one sandbox', ({ inMemory: directory }) => {
    makeFiles(directory, 200);
    const printed = withDescriptors(
      128,
      directory,
      `import { truncateSync } from 'node:fs';
        const box = await openSandbox({ '/d': { path: '.', access: 'read-write' } });
        const copies = Array.from({ length: 200 }, (_, number) => {
          truncateSync(\`a\${number}\`, 10_000_000);
          return box.copy(\`/d/a\${number}\`, \`/d/b\${number}\`);
        });
        const endings = await Promise.allSettled(copies);
        console.log(endings.filter(({ status }) => status === 'fulfilled').length);`,
    );
    expect(printed).toBe('200\n');
  });

  it('of deep trees all succeed in one sandbox', async ({ inMemory: directory }) => {
    const levels = 'd/'.repeat(30);
    mkdirSync(join(directory, 'tree', levels), { recursive: true });
    writeFileSync(join(directory, 'tree', levels, 'file'), 'content');
    using box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    const copies = Array.from({ length: 10 }, (_, number) => number);
    const wait = barrier(copies.length);
    const onEntry = ({ target }: CopyEntry) => (target.endsWith('file') ? wait() : undefined);
    await Promise.all(
      copies.map((number) => box.copy('/d/tree', `/d/${number}`, { recursive: true, onEntry })),
    );
    for (const number of copies) {
      expect(readFileSync(join(directory, `${number}`, levels, 'file'), 'utf8')).toBe('content');
    }
  });

  it('of slow streams all succeed in one sandbox', async ({ inMemory: directory }) => {
    using box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    const copies = Array.from({ length: 200 }, (_, number) => number);
    const wait = barrier(copies.length);
    const source = async function* () {
      yield Buffer.from('con');
      await wait();
      yield Buffer.from('tent');
    };
    await Promise.all(copies.map((number) => box.copy(source(), `/d/${number}`)));
    for (const number of copies) {
      expect(readFileSync(join(directory, `${number}`), 'utf8')).toBe('content');
    }
  });

  it('wait for free descriptors if there are none when they begin', ({ inMemory: directory }) => {
    makeFiles(directory, 60);
    const printed = withDescriptors(
      64,
      directory,
      `import { closeSync, openSync } from 'node:fs';
        // Loads everything that copies load.
        await copy('a0', 'b0');
        const held = [];
        try {
          for (;;) held.push(openSync('.'));
        } catch {}
        // Enough for some copies at once, but not for 16.
        held.splice(-15).forEach((descriptor) => closeSync(descriptor));
        const copies = Array.from({ length: 59 }, (_, number) => copy(\`a\${number + 1}\`, \`b\${number + 1}\`));
        const endings = await Promise.allSettled(copies);
        console.log(endings.filter(({ status }) => status === 'fulfilled').length);`,
    );
    expect(printed).toBe('59\n');
  });

  it('fail with EMFILE if no other copy frees descriptors', ({ inMemory: directory }) => {
    makeFiles(directory, 2);
    const printed = withDescriptors(
      64,
      directory,
      `import { closeSync, openSync } from 'node:fs';
        await copy('a0', 'b0');
        const held = [];
        try {
          for (;;) held.push(openSync('.'));
        } catch {}
        for (let spare = 0; spare < 4; spare++) {
          await copy('a1', 'b1').catch(({ code, reason }) => console.log(code, reason));
          closeSync(held.pop());
        }`,
    );
    expect(new Set(printed.trim().split('\n'))).toEqual(
      new Set(['EMFILE too many open files; raise the limit (ulimit -n), or use fewer jobs at a time']),
    );
  });

  it('do not wait forever for each other in listeners', async ({ directory }) => {
    const numbers = makeFiles(directory, 50);
    await Promise.all(
      numbers.map((number) =>
        copy(join(directory, `a${number}`), join(directory, `b${number}`), {
          onEntry: () => copy(join(directory, `a${number}`), join(directory, `c${number}`)),
        }),
      ),
    );
    expect(readdirSync(directory)).toHaveLength(150);
  });

  it('end if they are aborted, also before their turn', async ({ directory }) => {
    const numbers = makeFiles(directory, 50);
    const controller = new AbortController();
    const copies = numbers.map((number) =>
      rejectionOf(
        copy(join(directory, `a${number}`), join(directory, `b${number}`), { signal: controller.signal }),
      ),
    );
    controller.abort();
    for (const failure of await Promise.all(copies)) {
      expect(failure).toMatchObject({ name: 'AbortError' });
    }
    // Their turns must be free again.
    await Promise.all(
      numbers.map((number) => copy(join(directory, `a${number}`), join(directory, `c${number}`))),
    );
    expect(readdirSync(directory).filter((name) => name.startsWith('c'))).toHaveLength(50);
  });

  it('end if their sandbox is closed before their turn', async ({ directory }) => {
    const numbers = makeFiles(directory, 50);
    const box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    const copies = numbers.map((number) => rejectionOf(box.copy(`/d/a${number}`, `/d/b${number}`)));
    box.close();
    for (const failure of await Promise.all(copies)) {
      expect(failure).toMatchObject({ code: 'ERR_MAPCP_CLOSED' });
    }
    expect(readdirSync(directory)).toHaveLength(50);
  });

  it('use the working directory of their call', ({ inMemory: directory }) => {
    makeFiles(directory, 50);
    mkdirSync(join(directory, 'elsewhere'), { mode: 0o777 });
    withDescriptors(
      1024,
      directory,
      `const copies = Array.from({ length: 50 }, (_, number) => copy(\`a\${number}\`, \`d/b\${number}\`));
        process.chdir('elsewhere');
        await Promise.all(copies);`,
    );
    expect(readdirSync(join(directory, 'd'))).toHaveLength(50);
    expect(readdirSync(join(directory, 'elsewhere'))).toEqual([]);
    expect(readFileSync(join(directory, 'd/b49'), 'utf8')).toBe('content');
  });

  it('resolve two dots behind a link from the working directory of their call', ({ inMemory: directory }) => {
    makeFiles(directory, 50);
    mkdirSync(join(directory, 'other/sub'), { recursive: true });
    mkdirSync(join(directory, 'elsewhere'), { mode: 0o777 });
    writeFileSync(join(directory, 'other/a0'), 'other');
    symlinkSync('other/sub', join(directory, 'link'));
    withDescriptors(
      1024,
      directory,
      `const copies = Array.from({ length: 50 }, (_, number) => copy('link/../a0', \`d/b\${number}\`));
        process.chdir('elsewhere');
        await Promise.all(copies);`,
    );
    expect(readFileSync(join(directory, 'd/b49'), 'utf8')).toBe('other');
  });
});
