// Programs for WASI preview 1 in Chromium, on trees in memory.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { built } from '../helpers/runtimes.js';
import { goVersion } from '../suites/go.mjs';
import { hasChromium, inChromium } from './chromium.js';

const PROGRAM = '/wasm/guests/program.wasm';

/** What a page runs, with text for the files of its only directory. */
interface Run {
  readonly url: string;
  readonly args?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly access?: 'read' | 'read-write';
  readonly directory?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly memory?: number;
  readonly maxResources?: number;
  /** What it does not get. */
  readonly without?: readonly ('clocks' | 'random')[];
}

/** Runs a program in a page. Returns its status, its output, and the files at the top of its directory. */
function run(page: Page, options: Run) {
  return page.evaluate(async (given) => {
    const {
      url,
      args = [],
      files = {},
      access = 'read-write',
      directory = '.',
      without = [],
      ...rest
    } = given;
    const printed = { stdout: '', stderr: '' };
    const dir = Object.fromEntries(Object.entries(files).map(([name, source]) => [name, { source }]));
    try {
      const { status, trees } = await programs.runProgram(fetch(url), {
        args: ['program', ...args],
        preopens: { [directory]: { tree: { dir }, access } },
        clocks: !without.includes('clocks'),
        random: !without.includes('random'),
        stdout: (bytes) => {
          printed.stdout += new TextDecoder().decode(bytes);
        },
        stderr: (bytes) => {
          printed.stderr += new TextDecoder().decode(bytes);
        },
        ...rest,
      });
      const left = await Promise.all(
        Object.entries(trees[directory]?.dir ?? {}).map(async ([name, entry]) => [
          name,
          'source' in entry ? await entry.source.text() : null,
        ]),
      );
      return { status, ...printed, files: Object.fromEntries(left) as Record<string, string | null> };
    } catch (error) {
      return { error: String(error), ...printed };
    }
  }, options);
}

const GO_SOURCE = `package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	filepath.WalkDir("/box", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Println(path, len(text))
		return os.WriteFile(path, []byte(strings.ToUpper(string(text))), 0o644)
	})
	waited := make(chan string)
	go func() {
		time.Sleep(10 * time.Millisecond)
		waited <- "waited"
	}()
	fmt.Println(<-waited)
	if _, err := os.Open("/box/c"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}
`;

describe.skipIf(!hasChromium)('a program in a browser', () => {
  const pages = inChromium('file');

  async function open(): Promise<Page> {
    const page = await pages.open();
    await page.addScriptTag({
      type: 'module',
      content: "globalThis.programs = await import('/js/browser/run/index.js');",
    });
    await page.waitForFunction('globalThis.programs !== undefined');
    return page;
  }

  it('gets its arguments, variables and standard streams, and returns its exit status', async () => {
    const page = await open();
    const args = ['args', 'two words', 'env', 'A'];
    // The program takes all that follows `args`.
    expect(await run(page, { url: PROGRAM, args: ['env', 'A', 'env', 'PATH'], env: { A: 'b=c' } })).toEqual({
      status: 0,
      stdout: 'b=c\n(none)\n',
      stderr: '',
      files: {},
    });
    expect(await run(page, { url: PROGRAM, args })).toMatchObject({
      status: 0,
      stdout: 'program\nargs\ntwo words\nenv\nA\n',
    });
    expect(await run(page, { url: PROGRAM, args: ['cat'], stdin: 'some text' })).toMatchObject({
      stdout: 'some text',
    });
    expect(await run(page, { url: PROGRAM, args: ['warn', 'careful', 'exit', '7'] })).toMatchObject({
      status: 7,
      stderr: 'careful\n',
    });
  });

  it('reads and writes the given directories, and reaches nothing else', async () => {
    const page = await open();
    const files = { note: 'a note' };
    const args = ['read', 'note', 'write', 'new', 'text'];
    expect(await run(page, { url: PROGRAM, args, files })).toEqual({
      status: 0,
      stdout: 'a note',
      stderr: '',
      files: { note: 'a note', new: 'text' },
    });
    for (const path of ['../note', '/etc/passwd', 'none']) {
      expect(await run(page, { url: PROGRAM, args: ['read', path], files })).toMatchObject({ status: 1 });
    }
    const refused = await run(page, { url: PROGRAM, args: ['write', 'note', 'text'], files, access: 'read' });
    expect(refused).toMatchObject({ status: 1, stderr: 'note: Operation not permitted\n', files: {} });
  });

  it.each([
    ...['paths', 'offsets', 'names', 'listing', 'times', 'streams', 'many'].map((name) => ['calls', name]),
    ...['descriptors', 'positions', 'directories', 'wrong', 'times', 'polling'].map((name) => [
      'preview1',
      name,
    ]),
  ] as [string, string][])('gets the same answers from %s about %s as in Node', async (program, name) => {
    const path = `wasm/tests/run/${program}.wasm`;
    const main = resolve('build/out/js/run/main.js');
    const expected = inTemporaryDirectory((cwd) => {
      mkdirSync(join(cwd, 'box'));
      const command = [main, '--dir', '.', built(path), name];
      return spawnSync(process.execPath, command, { cwd, input: 'some text', encoding: 'utf8' });
    });
    const page = await open();
    const found = await page.evaluate(
      async ([url, which]) => {
        const printed: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
        const { status } = await programs.runProgram(fetch(url), {
          args: ['program', which],
          preopens: { '.': { tree: { dir: { box: { dir: {} } } }, access: 'read-write' } },
          stdin: 'some text',
          stdout: (bytes) => {
            printed.stdout += new TextDecoder().decode(bytes);
          },
          stderr: (bytes) => {
            printed.stderr += new TextDecoder().decode(bytes);
          },
          clocks: true,
          random: true,
        });
        return { status, stderr: printed.stderr, lines: printed.stdout.split('\n') };
      },
      [`/${path}`, name] as const,
    );
    const { status, stderr } = expected;
    // Each file system has its own size of a directory.
    const linesOf = (lines: readonly string[]) =>
      lines.map((line) => line.replace(/^(filestat: 0 1 3) \d+$/, '$1'));
    const lines = linesOf(expected.stdout.split('\n'));
    expect({ ...found, lines: linesOf(found.lines) }).toEqual({ status, stderr, lines });
  });

  it('does not freeze the page, and is ended by a signal', async () => {
    const page = await open();
    const found = await page.evaluate(async () => {
      // (module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))
      const endless = Uint8Array.of(
        ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1],
        ...[7, 0x13, 2, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0],
        ...[6, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0, 0, 0x0a, 9, 1, 7, 0, 3, 0x40, 0x0c, 0, 0x0b, 0x0b],
      );
      const abort = new AbortController();
      const running = programs.runProgram(endless, { signal: abort.signal }).catch(String);
      let turns = 0;
      while (turns < 20) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        turns++;
      }
      abort.abort(new Error('enough'));
      return [await running, await programs.runProgram(endless, { signal: abort.signal }).catch(String)];
    });
    expect(found).toEqual(['Error: enough', 'Error: enough']);
  });

  it('rejects if it traps, or if a function for its output throws', async () => {
    const page = await open();
    expect(await run(page, { url: PROGRAM, args: ['abort'] })).toMatchObject({
      error: 'TrapError: the program trapped: unreachable',
    });
    expect(await run(page, { url: PROGRAM, args: ['recurse'] })).toMatchObject({
      error: expect.stringMatching(/^TrapError: the program trapped: /),
    });
    const thrown = await page.evaluate(async (url) => {
      const stdout = () => {
        throw new Error('no more paper');
      };
      const order = { args: ['program', 'args'], stdout, clocks: true, random: true };
      return programs.runProgram(fetch(url), order).catch(String);
    }, PROGRAM);
    expect(thrown).toBe('Error: no more paper');
  });

  it('that is not for preview 1, or needs what it does not get, is refused', async () => {
    const page = await open();
    const refusals = [
      [
        { url: '/mapcp.wasm' },
        'the program is a component, and browsers run only core modules for WASI preview 1',
      ],
      [{ url: '/js/browser/index.js' }, 'this is not WebAssembly'],
      [{ url: '/wasm/library.core.wasm' }, 'the program is no command for WASI preview 1'],
      [
        { url: PROGRAM, without: ['random'] as const },
        "the program imports 'wasi_snapshot_preview1/random_get'",
      ],
    ] as const;
    for (const [order, why] of refusals) {
      expect(await run(page, order)).toMatchObject({
        error: expect.stringContaining(`RefusedError: ${why}`),
      });
    }
    expect(await run(page, { url: '/none.wasm' })).toMatchObject({
      error: expect.stringMatching(/^Error: the program cannot be loaded from .*none\.wasm: .* status 404$/),
    });
  });

  it('cannot make files larger than the limit, and not even by holes', async () => {
    const page = await open();
    const long = 'x'.repeat(1000);
    const args = ['write', 'a', long, 'write', 'b', long];
    expect(await run(page, { url: PROGRAM, args, memory: 2000 })).toMatchObject({ status: 0 });
    expect(await run(page, { url: PROGRAM, args, memory: 1999 })).toMatchObject({
      status: 1,
      stderr: 'b: No space left on device\n',
    });
    const hole = { url: '/wasm/tests/run/calls.wasm', args: ['offsets'], directory: 'box', memory: 20 };
    expect(await run(page, hole)).toMatchObject({
      stdout: expect.stringContaining('write(fd, "x", 1): -1 No space left on device'),
    });
    // What is replaced takes no room.
    const again = ['write', 'a', long, 'write', 'a', long, 'write', 'a', long];
    expect(await run(page, { url: PROGRAM, args: again, memory: 1000 })).toMatchObject({ status: 0 });
  });

  it('has as many descriptors as it may', async () => {
    const page = await open();
    const order = { url: PROGRAM, args: ['open', '20', 'note'], files: { note: 'x' }, maxResources: 10 };
    expect(await run(page, order)).toMatchObject({ stdout: expect.stringMatching(/^6\b/) });
  });

  it('reads a large Blob a little at a time, and can empty it', async () => {
    const page = await open();
    const found = await page.evaluate(async (url) => {
      const parts = Array.from({ length: 5000 }, (_, index) => `line ${index}\n`);
      const source = new Blob(parts);
      let text = '';
      const tree = { dir: { log: { source } } };
      const { trees } = await programs.runProgram(fetch(url), {
        args: ['program', 'read', 'log', 'write', 'log', 'short'],
        preopens: { '.': { tree, access: 'read-write' } },
        stdout: (bytes) => {
          text += new TextDecoder().decode(bytes);
        },
        clocks: true,
        random: true,
      });
      const log = trees['.']?.dir.log as { source: Blob };
      return [text === parts.join(''), await log.source.text()];
    }, PROGRAM);
    expect(found).toEqual([true, 'short']);
  });

  it('refuses wrong options with the messages of Node', async () => {
    const page = await open();
    const errors = await page.evaluate(async () => {
      const wrong: object[] = [
        { argv: [] },
        { args: 'a' },
        { env: { 'A=': 'b' } },
        { stdin: 1 },
        { stdin: '\ud800' },
        { network: 'deny' },
        { preopens: { '/in/': { tree: { dir: {} }, access: 'read' } } },
        { preopens: { '/in': { tree: { dir: {} }, access: 'readonly' } } },
        { preopens: { '/in': { directory: await navigator.storage.getDirectory(), access: 'read' } } },
        { worker: () => null },
      ];
      const bytes = new Uint8Array(8);
      return Promise.all([
        ...wrong.map((options) => programs.runProgram(bytes, options).catch(String)),
        programs.runProgram('shout.wasm' as unknown as Uint8Array).catch(String),
      ]);
    });
    expect(errors).toEqual([
      "TypeError: options has no option 'argv': use args",
      "TypeError: options.args must be an array of strings, not 'a'",
      "TypeError: a name in options.env must be a word without '=', not 'A='",
      'TypeError: options.stdin must be text or bytes, not 1',
      'TypeError: options.stdin must be well-formed text, but has a lone surrogate',
      "TypeError: options has no option 'network': use nothing instead, because a program gets no network in a browser",
      expect.stringContaining("TypeError: a name in options.preopens must be a path such as '/in'"),
      expect.stringContaining("TypeError: options.preopens['/in'].access must be 'read' or 'read-write'"),
      expect.stringContaining("TypeError: options.preopens['/in'].directory cannot be given to a program"),
      'TypeError: the result of options.worker must be a Worker, not null',
      "TypeError: program must be bytes, or a Response with them, not 'shout.wasm'",
    ]);
  });

  it.skipIf(goVersion() === undefined)('can be written in Go', async () => {
    const page = await open();
    const module = inTemporaryDirectory((directory) => {
      writeFileSync(join(directory, 'main.go'), GO_SOURCE);
      const { MAPCP_GO = 'go' } = process.env;
      const env = {
        ...process.env,
        GOOS: 'wasip1',
        GOARCH: 'wasm',
        GOTOOLCHAIN: 'local',
        GO111MODULE: 'off',
      };
      execFileSync(MAPCP_GO, ['build', '-o', 'program.wasm', 'main.go'], { cwd: directory, env });
      return readFileSync(join(directory, 'program.wasm'));
    });
    await page.route('**/go.wasm', (route) => route.fulfill({ body: module }));
    const files = { a: 'some', b: 'text' };
    expect(await run(page, { url: '/go.wasm', directory: '/box', files })).toEqual({
      status: 3,
      stdout: '/box/a 4\n/box/b 4\nwaited\n',
      stderr: 'open /box/c: No such file or directory\n',
      files: { a: 'SOME', b: 'TEXT' },
    });
  });

  it('runs the sample that copies through mappings', async () => {
    const page = await open();
    const text = readFileSync('LICENSE', 'utf8').repeat(1000);
    const found = await run(page, {
      url: '/wasm/samples/mmapped-files.wasm',
      args: ['LICENSE', 'copy.txt'],
      files: { LICENSE: text },
    });
    expect(found).toMatchObject({ status: 0, stderr: '' });
    expect('files' in found && found.files['copy.txt'] === text).toBe(true);
  });
});
