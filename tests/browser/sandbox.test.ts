import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CopyError } from 'mapcp/browser';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { hasChromium, inChromium } from './chromium.js';

describe.skipIf(!hasChromium)('a sandbox in a browser', () => {
  const pages = inChromium();

  it('copies a tree in memory, with its links and times', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * index) >> 3);
      const tree = {
        dir: {
          large: { source: bytes, mtimeNs: 1_234_567_890_123_456_789n },
          text: { source: new File(['content ☃'], 'text', { lastModified: 5000 }) },
          empty: { source: '' },
          constructor: { source: 'a name that objects have' },
          d: { dir: { link: { symlink: '../large' } } },
        },
      };
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/out': { tree: { dir: {} }, access: 'read-write' },
      });
      const options = { recursive: true, preserveTimestamps: true, verify: true } as const;
      const report = await sandbox.copy('/in', '/out/b', options);
      const { dir } = await sandbox.tree('/out');
      sandbox.close();
      // biome-ignore lint/suspicious/noExplicitAny: what it is, is what is tested
      const copy = (dir.b as any).dir;
      const same = new Uint8Array(await copy.large.source.arrayBuffer());
      return {
        report,
        isSame: same.length === bytes.length && same.every((byte, index) => byte === bytes[index]),
        text: await copy.text.source.text(),
        empty: copy.empty.source.size,
        odd: await copy.constructor.source.text(),
        link: copy.d.dir.link.symlink,
        times: [copy.large.mtimeNs, copy.text.mtimeNs],
      };
    });
    expect(found).toMatchObject({
      report: { bytes: 3_000_000 + 11 + 24, files: 5, directories: 2, errors: [], warnings: [] },
      isSame: true,
      text: 'content ☃',
      empty: 0,
      odd: 'a name that objects have',
      link: '../large',
      times: [1_234_567_890_123_456_789n, 5_000_000_000n],
    });
  });

  it("leaves the page's buffers as they are, and does not see later changes", async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const source = new Uint8Array(1 << 20).fill(1);
      const part = source.subarray(5, 300_005);
      const tree = { dir: { whole: { source: source.buffer }, part: { source: part }, x: { source: 'x' } } };
      const sandbox = await mapcp.openSandbox({ '/box': { tree, access: 'read-write' } });
      source.fill(2);
      await sandbox.copy('/box/whole', '/box/copy');
      await sandbox.copy('/box/x', '/box/whole');
      const { dir } = await sandbox.tree('/box');
      sandbox.close();
      const text = (name: string) => (dir[name] as { source: Blob }).source.text();
      const counts = await Promise.all(
        ['copy', 'part', 'whole'].map(async (name) => {
          const content = await text(name);
          return [content.length, content.replaceAll('\x01', '').length];
        }),
      );
      return { counts, page: [source.length, source[0], part.length] };
    });
    expect(found).toEqual({
      counts: [
        [1 << 20, 0],
        [300_000, 0],
        [1, 1],
      ],
      page: [1 << 20, 2, 300_000],
    });
  });

  it('reports its progress, and does not freeze the page', async () => {
    const page = await pages.open();
    const { progress, turns } = await page.evaluate(async () => {
      const tree = { dir: { a: { source: new Blob([new Uint8Array(40 << 20).fill(1)]) } } };
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/out': { tree: { dir: {} }, access: 'read-write' },
      });
      let turns = 0;
      const count = () => {
        turns++;
        setTimeout(count);
      };
      count();
      const progress = [];
      for await (const each of sandbox.copy('/in/a', '/out/a')) {
        progress.push(each);
      }
      sandbox.close();
      return { progress, turns };
    });
    expect(progress.length).toBeGreaterThan(1);
    const done = progress.map(({ bytesDone }) => bytesDone);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toEqual({
      bytesDone: 40 << 20,
      bytesTotal: 40 << 20,
      filesDone: 1,
      filesTotal: 1,
      currentPath: '/in/a',
    });
    expect(turns).toBeGreaterThan(3);
  });

  it('can be aborted between two steps, and leaves no unfinished file', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const source = new Blob([new Uint8Array(30 << 20).fill(1)]);
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source } } }, access: 'read' },
        '/out': { tree: { dir: { a: { source: 'old' } } }, access: 'read-write' },
      });
      const abort = new AbortController();
      const copying = sandbox.copy('/in/a', '/out/a', {
        signal: abort.signal,
        onProgress: () => abort.abort(new Error('enough')),
      });
      const error = (await copying.catch((reason: unknown) => reason)) as Error;
      const { dir } = await sandbox.tree('/out');
      sandbox.close();
      return {
        message: error.message,
        names: Object.keys(dir),
        size: (dir.a as { source: Blob }).source.size,
      };
    });
    expect(found).toEqual({ message: 'enough', names: ['a'], size: 3 });
  });

  it('shows what the component reads and writes, window by window', async () => {
    const page = await pages.open();
    const steps = await page.evaluate(async () => {
      const source = new Uint8Array(150_000).fill(1);
      const steps: unknown[][] = [];
      const sandbox = await mapcp.openSandbox(
        {
          '/in': { tree: { dir: { a: { source } } }, access: 'read' },
          '/out': { tree: { dir: {} }, access: 'read-write' },
        },
        {
          watch: async (calls) => {
            steps.push(
              calls.map(({ kind, path, offset, length }) => [kind, path.slice(0, 6), offset, length]),
            );
          },
        },
      );
      await sandbox.copy('/in/a', '/out/a', { windowSize: 65_536 });
      sandbox.close();
      return steps.filter((calls) => calls.length > 0);
    });
    expect(steps).toEqual(
      [
        // One byte more than the window, to see whether the file ends there.
        [0, 65_537],
        [65_536, 65_537],
        [131_072, 18_928],
      ].map(([offset = 0, length = 0]) => [
        ['read', '/in/a', offset, length],
        ['write', '/out/.', offset, Math.min(length, 65_536)],
      ]),
    );
  });

  it('cannot leave its directories, or change a read-only one', async () => {
    const page = await pages.open();
    const errors = await page.evaluate(async () => {
      const tree = {
        dir: {
          a: { source: 'content' },
          secret: { symlink: '../../etc/passwd' },
          root: { symlink: '/etc/passwd' },
        },
      };
      const sandbox = await mapcp.openSandbox({
        '/in': { tree, access: 'read' },
        '/out': { tree: { dir: {} }, access: 'read-write' },
      });
      const tried = [
        sandbox.copy('/in/../secret', '/out/b'),
        sandbox.copy('/secret', '/out/b'),
        sandbox.copy('/in/secret', '/out/b', { symlinks: 'follow' }),
        sandbox.copy('/in/root', '/out/b', { symlinks: 'follow' }),
        sandbox.copy('/in/a', '/in/b'),
        sandbox.copy('/in/a', '/out/../../b'),
      ];
      const results = await Promise.allSettled(tried);
      const { dir } = await sandbox.tree('/out');
      sandbox.close();
      const errors = results.map((result) =>
        result.status === 'rejected' ? `${result.reason.code}: ${result.reason.message}` : 'it was copied',
      );
      return [...errors, Object.keys(dir).length];
    });
    expect(errors).toMatchInlineSnapshot(`
      [
        "EPERM: cannot copy '/in/../secret' to '/out/b': cannot inspect '/in/../secret': not permitted by the sandbox or the file system",
        "ENOENT: cannot copy '/secret' to '/out/b': cannot inspect '/secret': it is in no directory of the sandbox, which has '/in' and '/out'",
        "EPERM: cannot copy '/in/secret' to '/out/b': cannot inspect '/in/secret': it is a link that leads out of the sandbox; copy its destination by its own path, or copy the link itself, with symlinks: 'preserve'",
        "EPERM: cannot copy '/in/root' to '/out/b': cannot inspect '/in/root': it is a link that leads out of the sandbox; copy its destination by its own path, or copy the link itself, with symlinks: 'preserve'",
        "EPERM: cannot copy '/in/a' to '/in/b': cannot create '/in/b': '/in' is open for reading only; open it with access: 'read-write'",
        "EPERM: cannot copy '/in/a' to '/out/../../b': cannot create '/out/../../b': not permitted by the sandbox or the file system",
        0,
      ]
    `);
  });

  it('copies more than memory can hold only if it does not need memory', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const source = new Blob([new Uint8Array(2 << 20)]);
      const tree = { dir: { a: { source }, b: { source }, small: { source: 'x' } } };
      const directory = await navigator.storage.getDirectory();
      const sandbox = await mapcp.openSandbox(
        {
          '/in': { tree, access: 'read' },
          '/memory': { tree: { dir: {} }, access: 'read-write' },
          '/kept': { directory, access: 'read-write' },
        },
        { memory: 3 << 20 },
      );
      const options = { recursive: true, sparse: 'never' } as const;
      const error = (await sandbox
        .copy('/in', '/memory/b', options)
        .catch((reason: unknown) => reason)) as CopyError;
      const { dir } = await sandbox.tree('/memory');
      // Each file is released once it is stored.
      const report = await sandbox.copy('/in', '/kept/b', options);
      sandbox.close();
      return { code: error.code, message: error.message, names: Object.keys(dir), bytes: report.bytes };
    });
    expect(found).toEqual({
      code: 'ENOMEM',
      message:
        "cannot copy '/in' to '/memory/b': cannot use '/memory/b': " +
        'the copy takes 4194305 bytes of memory, and this sandbox has 3145727 left',
      names: [],
      bytes: 4_194_305,
    });
  });

  it('refuses wrong types before it starts', async () => {
    const page = await pages.open();
    const messages = await page.evaluate(async () => {
      const sandbox = await mapcp.openSandbox({ '/in': { tree: { dir: {} }, access: 'read' } });
      const tried = [
        sandbox.copy('/in/a', 5 as never),
        sandbox.copy('/in/a', '/in/b', { windowSize: 0 }),
        sandbox.copy('/in/a', '/in/b', { force: false } as never),
        sandbox.copy('/in/a', '/in/b', { preserveMode: true } as never),
        sandbox.copy('/in/a', '/in/\ud800'),
        sandbox.copy('/in/a', '/in/b', { exclude: ['*.o', './a'] }),
        sandbox.tree('/other'),
        mapcp.openSandbox({ '/in': { tree: { dir: {} }, access: 'readonly' as never } }),
        mapcp.openSandbox({}, { memroy: 5 } as never),
        mapcp.openSandbox({}, { worker: () => 5 as never }),
        mapcp.openSandbox({}, { worker: (async () => {}) as never }),
      ];
      const results = await Promise.allSettled(tried);
      sandbox.close();
      results.push(...(await Promise.allSettled([sandbox.copy('/in/a', '/in/b')])));
      return results.map((result) => (result.status === 'rejected' ? `${result.reason}` : 'it went on'));
    });
    expect(messages).toEqual([
      'TypeError: target must be a string, not 5',
      'RangeError: options.windowSize must be a whole number from 1 to 1073741824, not 0',
      "TypeError: options has no option 'force': use overwrite: 'always' for force: true, which is the default, and overwrite: 'never' for force: false",
      "TypeError: options has no option 'preserveMode': use nothing instead, because browsers have no permissions",
      "TypeError: target must be well-formed, but has a lone surrogate: '/in/\\ud800'",
      "TypeError: options.exclude[1] is not a pattern: './a'. Paths below the source have no '.', '..' or '//' in them: for './sub', write 'sub' or '/sub'.",
      "TypeError: there is no preopen '/other'",
      "TypeError: preopens['/in'].access must be 'read' or 'read-write', not 'readonly'",
      "TypeError: options has no option 'memroy': did you mean 'memory'?",
      'TypeError: the result of options.worker must be a Worker, not 5',
      'TypeError: the result of options.worker must be a Worker, not a Promise',
      'Error: the sandbox is closed',
    ]);
  });

  it('removes temporary files of a killed copy', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const tree = { dir: { a: { source: 'x' }, '.mapcp-0123456789abcdef.tmp': { source: 'y' } } };
      const sandbox = await mapcp.openSandbox({ '/out': { tree, access: 'read-write' } });
      const removed = await sandbox.clean('/out');
      const { dir } = await sandbox.tree('/out');
      sandbox.close();
      return { removed, names: Object.keys(dir) };
    });
    expect(found).toEqual({ removed: 1, names: ['a'] });
  });

  it('that was forgotten is closed, with a warning, and not while it copies', async () => {
    const page = await pages.open();
    const warnings: string[] = [];
    page.on('console', (message) => warnings.push(message.text()));
    const session = await pages.context.newCDPSession(page);
    const collect = () => session.send('HeapProfiler.collectGarbage');
    await page.evaluate(async () => {
      const source = new Blob([new Uint8Array(2 ** 26)]);
      const open = () =>
        mapcp.openSandbox({
          '/in': { tree: { dir: { a: { source } } }, access: 'read' },
          '/out': { tree: { dir: {} }, access: 'read-write' },
        });
      Object.assign(globalThis, { copying: (await open()).copy('/in/a', '/out/a') });
    });
    await collect();
    expect(await page.evaluate(async () => (await Reflect.get(globalThis, 'copying')).files)).toBe(1);
    expect(warnings).toEqual([]);
    await page.evaluate(() => Reflect.deleteProperty(globalThis, 'copying'));
    while (warnings.length === 0) {
      await collect();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    }
    expect(warnings).toEqual([
      'mapcp: a sandbox was not closed, and held its directories until now: call its close()',
    ]);
  });

  it('says that a chosen file has probably changed if the browser cannot read it', async ({ directory }) => {
    const page = await pages.open();
    const path = join(directory, 'chosen');
    writeFileSync(path, 'one');
    await page.evaluate(() =>
      document.body.append(Object.assign(document.createElement('input'), { type: 'file' })),
    );
    await page.setInputFiles('input', path);
    // The browser may look at the file only when the page does.
    await page.evaluate(() => document.querySelector('input')?.files?.[0]?.text());
    writeFileSync(path, 'another one');
    const found = await page.evaluate(async () => {
      const source = document.querySelector('input')?.files?.[0] ?? '';
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { d: { dir: { chosen: { source } } } } }, access: 'read' },
        '/out': { tree: { dir: {} }, access: 'read-write' },
      });
      const copy = (keepGoing: boolean) =>
        sandbox.copy('/in', '/out/copy', { recursive: true, overwrite: 'always', keepGoing });
      const thrown = (await copy(false).catch((error: unknown) => error)) as CopyError;
      const { errors } = await copy(true);
      const streamed = (await sandbox
        .copy(source as File, '/out/streamed')
        .catch((error: unknown) => error)) as CopyError;
      const names = Object.keys((await sandbox.tree('/out')).dir);
      sandbox.close();
      const all = [thrown, ...errors, streamed];
      return { errors: all.map(({ code, path, message }) => ({ code, path, message })), names };
    });
    const error = {
      code: 'EIO',
      path: '/in/d/chosen',
      message:
        "cannot copy '/in/d/chosen' to '/out/copy/d/chosen': cannot map '/in/d/chosen': " +
        'the file has probably changed, or is gone',
    };
    const ofStream = {
      code: 'EIO',
      path: '-',
      message:
        "cannot copy '-' to '/out/streamed': cannot read '-': the file has probably changed, or is gone",
    };
    expect(found).toEqual({ errors: [error, error, ofStream], names: ['copy'] });
  });

  it('takes and returns trees of any depth', async () => {
    const page = await pages.open();
    const depth = await page.evaluate(async () => {
      let tree: import('mapcp/browser').DirectoryEntry = { dir: { end: { source: 'x' } } };
      for (let level = 0; level < 20_000; level++) {
        tree = { dir: { d: tree } };
      }
      const sandbox = await mapcp.openSandbox({ '/in': { tree, access: 'read' } });
      let depth = 0;
      let found = await sandbox.tree('/in');
      for (; found.dir.d !== undefined; depth++) {
        found = found.dir.d as typeof found;
      }
      sandbox.close();
      return depth;
    });
    expect(depth).toBe(20_000);
  });

  it('is independent of an earlier one whose worker broke', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      const open = () =>
        mapcp.openSandbox({ '/in': { tree: { dir: { a: { source: 'x' } } }, access: 'read-write' } });
      const workers: Worker[] = [];
      const Own = Worker;
      globalThis.Worker = class extends Own {
        constructor(url: string | URL, options?: WorkerOptions) {
          super(url, options);
          workers.push(this);
        }
      };
      const first = await open();
      const copying = first.copy('/in/a', '/in/b');
      workers[0]?.dispatchEvent(new ErrorEvent('error', { message: 'broken' }));
      const outcome = await copying.then(
        () => 'copied',
        (error: unknown) => (error as Error).message,
      );
      first.close();
      const second = await open();
      const { files } = await second.copy('/in/a', '/in/b');
      second.close();
      return { outcome, files, workers: workers.length };
    });
    expect(found).toEqual({
      outcome: 'the worker of the sandbox has failed: broken',
      files: 1,
      workers: 2,
    });
  });

  it('copies in memory in a page without a secure context', async () => {
    const page = await pages.open('/', pages.insecureOrigin);
    const found = await page.evaluate(async () => {
      const sandbox = await mapcp.openSandbox({
        '/in': { tree: { dir: { a: { source: 'x' } } }, access: 'read-write' },
      });
      const { files } = await sandbox.copy('/in/a', '/in/b');
      sandbox.close();
      return { files, isSecureContext };
    });
    expect(found).toEqual({ files: 1, isSecureContext: false });
  });

  it('runs in the worker that the page makes, and ends it', async () => {
    const page = await pages.open();
    const found = await page.evaluate(async () => {
      // A page with Trusted Types allows only addresses from its own policy.
      const meta = document.createElement('meta');
      meta.httpEquiv = 'Content-Security-Policy';
      meta.content = "require-trusted-types-for 'script'";
      document.head.append(meta);
      const { trustedTypes } = globalThis as unknown as {
        trustedTypes: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } };
      };
      const policy = trustedTypes.createPolicy('workers', { createScriptURL: (url: string) => url });
      const preopens = { '/in': { tree: { dir: { a: { source: 'x' } } }, access: 'read-write' } } as const;
      const refused = await mapcp.openSandbox(preopens).catch((error: Error) => error.name);
      let ended = 0;
      const worker = () => {
        const made = new Worker(policy.createScriptURL('/js/browser/worker.js'), { type: 'module' });
        const { terminate } = made;
        made.terminate = () => {
          ended++;
          terminate.call(made);
        };
        return made;
      };
      const sandbox = await mapcp.openSandbox(preopens, { worker });
      const { files } = await sandbox.copy('/in/a', '/in/b');
      sandbox.close();
      return { refused, files, ended };
    });
    expect(found).toEqual({ refused: 'TypeError', files: 1, ended: 1 });
  });

  it('says what is missing without workers, or if the policy forbids WebAssembly', async () => {
    const page = await pages.open();
    await page.route('**/worker.js', async (route) => {
      const response = await route.fetch();
      const headers = { ...response.headers(), 'content-security-policy': "script-src 'self'" };
      await route.fulfill({ response, headers });
    });
    await page.addScriptTag({
      type: 'module',
      content: "globalThis.programs = await import('/js/browser/run/index.js');",
    });
    await page.waitForFunction('globalThis.programs !== undefined');
    const found = await page.evaluate(async () => {
      const { programs } = globalThis as unknown as {
        programs: { runProgram(program: Uint8Array): Promise<unknown> };
      };
      // The shortest module.
      const program = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
      const forbidden = [
        await mapcp.openSandbox({}).catch(String),
        await programs.runProgram(program).catch(String),
      ];
      // As in a service worker.
      Reflect.deleteProperty(globalThis, 'Worker');
      const missing = [
        await mapcp.openSandbox({}).catch(String),
        await programs.runProgram(program).catch(String),
      ];
      return { forbidden, missing };
    });
    const see = "see 'The worker' in mapcp's docs/browser.md";
    const policy = `the Content Security Policy lacks 'wasm-unsafe-eval'; ${see}`;
    const missing = `Error: no worker can be started here, for instance in a service worker; ${see}`;
    expect(found).toEqual({
      forbidden: [
        `Error: the component cannot be compiled: ${policy}`,
        `RefusedError: the program cannot be compiled: ${policy}`,
      ],
      missing: [missing, missing],
    });
  });

  it('runs from another origin, such as a CDN', async () => {
    const page = await pages.open();
    const cdn = pages.insecureOrigin;
    await page.addScriptTag({
      type: 'module',
      content: `globalThis.fromCdn = await import('${cdn}/js/browser/index.js');`,
    });
    await page.waitForFunction('globalThis.fromCdn !== undefined');
    const found = await page.evaluate(async (cdn) => {
      const { openSandbox } = (globalThis as unknown as { fromCdn: typeof mapcp }).fromCdn;
      const url = `${cdn}/js/browser/worker.js`;
      const blob = new Blob([`import '${url}';`], { type: 'text/javascript' });
      const worker = () => new Worker(URL.createObjectURL(blob), { type: 'module' });
      const preopens = { '/in': { tree: { dir: { a: { source: 'x' } } }, access: 'read-write' } } as const;
      const refused = await openSandbox(preopens).catch((error: Error) => error.name);
      const sandbox = await openSandbox(preopens, { worker });
      const { files } = await sandbox.copy('/in/a', '/in/b');
      sandbox.close();
      return { refused, files };
    }, cdn);
    expect(found).toEqual({ refused: 'SecurityError', files: 1 });
  });
});
