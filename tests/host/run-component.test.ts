import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parse } from '@bytecodealliance/jco';
import { describe, expect, vi } from 'vitest';
import {
  createHost,
  ExitError,
  type HostOptions,
  type LoadedComponent,
  loadComponent,
  RefusedError,
  runComponent,
  TrapError,
} from '../../ts/host/index.js';
import { openFiles } from '../helpers/descriptors.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';
import { built, runFile } from '../helpers/runtimes.js';

const program = await loadComponent(readFileSync(built('wasm/guests/program.wasm')));

/** Runs a program with arguments. Returns its output and its status. */
async function run(args: readonly string[], options: HostOptions = {}, component: LoadedComponent = program) {
  const printed = { stdout: '', stderr: '' };
  const status = await component.run({
    args: ['program', ...args],
    stdout: (bytes) => {
      printed.stdout += Buffer.from(bytes).toString();
    },
    stderr: (bytes) => {
      printed.stderr += Buffer.from(bytes).toString();
    },
    clocks: true,
    random: true,
    ...options,
  });
  return { status, ...printed };
}

/** Loads a component or a core module from WebAssembly's text format. */
const loadText = async (text: string) => loadComponent(await parse(text));

describe('a core module for WASI preview 1', () => {
  it('gets its arguments', async () => {
    expect(await run(['args', 'two words', 'ü'])).toEqual({
      status: 0,
      stdout: 'program\nargs\ntwo words\nü\n',
      stderr: '',
    });
  });

  it('gets its environment, and nothing from the process', async () => {
    expect(await run(['env', 'GREETING', 'env', 'PATH'], { env: { GREETING: 'hello' } })).toMatchObject({
      stdout: 'hello\n(none)\n',
    });
  });

  it.each<[string, HostOptions['stdin'], string]>([
    ['text', 'some text\n', 'some text\n'],
    ['bytes', Buffer.from('some bytes'), 'some bytes'],
    ['more than fits into one read', 'x'.repeat(1_000_000), 'x'.repeat(1_000_000)],
    ['nothing', undefined, ''],
  ])('reads %s from standard input', async (_, stdin, stdout) => {
    expect(await run(['cat'], stdin === undefined ? {} : { stdin })).toEqual({
      status: 0,
      stdout,
      stderr: '',
    });
  });

  it('prints chunks that the function may keep', async () => {
    const pieces: Uint8Array[] = [];
    const stdout = (bytes: Uint8Array) => void pieces.push(bytes);
    await run(['env', 'A', 'env', 'B'], { env: { A: 'first', B: 'second' }, stdout });
    expect(Buffer.concat(pieces).toString()).toBe('first\nsecond\n');
  });

  it('reads nothing from a file without an error, as in wasmtime', async ({ directory }) => {
    writeFileSync(join(directory, 'file'), 'content');
    const preopens = { '/in': { path: directory, access: 'read' } } as const;
    expect(await run(['read-nothing', '/in/file'], { preopens })).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('gets more random bytes at once than a JavaScript function returns', async () => {
    expect(await run(['much-random'])).toMatchObject({ status: 0, stderr: '' });
  });

  it('prints to standard error', async () => {
    expect(await run(['warn', 'careful'])).toEqual({ status: 0, stdout: '', stderr: 'careful\n' });
  });

  it("does not make jco's debugging output, which costs more than most calls", async () => {
    const debug = vi.spyOn(console, 'debug');
    vi.stubEnv('JCO_DEBUG', '1');
    const { stdout } = await run(['args']);
    vi.unstubAllEnvs();
    expect(stdout).toBe('program\nargs\n');
    expect(debug).not.toHaveBeenCalled();
    debug.mockRestore();
  });

  it('reads and writes files in granted directories', async ({ directory }) => {
    for (const name of ['in', 'out']) {
      mkdirSync(join(directory, name));
    }
    writeFileSync(join(directory, 'in/file'), 'content');
    const preopens = {
      '/in': { path: join(directory, 'in'), access: 'read' },
      '/out': { path: join(directory, 'out'), access: 'read-write' },
    } as const;
    expect(await run(['read', '/in/file', 'write', '/out/file', 'made'], { preopens })).toEqual({
      status: 0,
      stdout: 'content',
      stderr: '',
    });
    expect(readFileSync(join(directory, 'out/file'), 'utf8')).toBe('made');
    expect(await run(['write', '/in/file', 'changed'], { preopens })).toMatchObject({
      status: 1,
      stderr: '/in/file: Operation not permitted\n',
    });
    expect(await run(['read', '/etc/passwd'], { preopens })).toMatchObject({ status: 1, stdout: '' });
    expect(readFileSync(join(directory, 'in/file'), 'utf8')).toBe('content');
  });

  it.each([0, 1, 3, 255, -1])('exits with status %i', async (status) => {
    expect(await run(['exit', String(status)])).toMatchObject({ status: status >>> 0 });
  });

  it('returns from main with a status', async () => {
    expect(await run(['nonsense'])).toEqual({ status: 2, stdout: '', stderr: 'unknown: nonsense\n' });
  });

  it.each([
    ['abort', /^the program trapped: .*unreachable/],
    // C's stack or the engine's.
    ['recurse', /^the program trapped: .*(call stack|out of bounds)/],
  ])('that ends by %s rejects with a TrapError', async (what, why) => {
    const error = await rejectionOf(run([what]));
    expect(error).toBeInstanceOf(TrapError);
    expect(error).toMatchObject({ name: 'TrapError', message: expect.stringMatching(why) });
    expect((error as Error).stack?.length).toBeLessThan(4000);
  });

  it('runs again after a trap, with a new memory', async () => {
    await rejectionOf(run(['abort']));
    expect(await run(['env', 'A'], { env: { A: 'again' } })).toMatchObject({ stdout: 'again\n' });
  });

  it("without options gets nothing, and its imports' errors name what is missing", async () => {
    expect(program.imports).toContain('wasi_snapshot_preview1/clock_time_get');
    const error = await rejectionOf(program.run());
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^the program imports 'wasi_snapshot_preview1\/.*', .*'wasi_snapshot_preview1\/random_get', which this host does not provide: set clocks: true, random: true$/,
      ),
    });
  });

  it('leaves no descriptor open, however it ends', async ({ directory }) => {
    const preopens = { '/': { path: directory, access: 'read-write' } } as const;
    const before = openFiles();
    await run(['exit', '3'], { preopens });
    await rejectionOf(run(['abort'], { preopens }));
    await rejectionOf(program.run({ preopens }));
    expect(openFiles()).toEqual(before);
  });

  it('that is a reactor is no command', async () => {
    const component = await loadText('(module (memory (export "memory") 1) (func (export "main")))');
    const error = await rejectionOf(component.run());
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ message: expect.stringContaining("does not export 'wasi:cli/run'") });
  });
});

describe('a component', () => {
  it('runs if it is a command', async () => {
    const calls = await loadComponent(readFileSync(built('guests/calls.wasm')));
    const preopens = { '/': { path: temporaryDirectory(), access: 'read-write' } } as const;
    expect(await run(['mkdir - directory', 'stat - ../up'], { preopens }, calls)).toEqual({
      status: 0,
      stdout: 'ok\nEPERM\n',
      stderr: '',
    });
    expect(await run(['exit 1'], { preopens }, calls)).toMatchObject({ status: 1 });
  });

  it('with other exports has them once it is instantiated', async () => {
    const component = await loadText(
      `(component
         (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
         (core instance $i (instantiate $m))
         (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))`,
    );
    using host = await createHost();
    const { add } = await component.instantiate(host);
    expect((add as (a: number, b: number) => number)(2, 3)).toBe(5);
    await expect(component.run()).rejects.toThrow("it exports 'add'");
    await expect(component.instantiate({} as never)).rejects.toThrow(
      'host must be a host made by createHost',
    );
  });

  it('that is both a command and a library, such as mapcp, can be used as either', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), 'content');
    const preopens = { '/': { path: directory, access: 'read-write' } } as const;
    const mapcp = await loadComponent(readFileSync(built('mapcp.wasm')));
    expect(await run(['/a', '/b', '--verbose'], { preopens }, mapcp)).toEqual({
      status: 0,
      stdout: "'/a' -> '/b' (7 bytes)\n",
      stderr: '',
    });
    expect(await run(['/missing', '/b'], { preopens }, mapcp)).toMatchObject({ status: 1 });
    using host = await createHost({ preopens, clocks: true, random: true });
    const { copier } = (await mapcp.instantiate(host)) as { copier: { CopyJob: unknown } };
    expect(copier.CopyJob).toBeTypeOf('function');
  });

  it('that exits during instantiation has its status, or throws it', async () => {
    const component = await loadText(
      `(component
         (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
         (core func $exit (canon lower (func $exit "exit")))
         (core module $m (import "" "exit" (func $exit (param i32))) (func $start (call $exit (i32.const 1))) (start $start))
         (core instance (instantiate $m (with "" (instance (export "exit" (func $exit)))))))`,
    );
    expect(await component.run()).toBe(1);
    using host = await createHost();
    expect(await rejectionOf(component.instantiate(host))).toBeInstanceOf(ExitError);
  });

  it('that traps during instantiation rejects with a TrapError', async () => {
    const component = await loadText(
      `(component
         (core module $m (func $start unreachable) (start $start))
         (core instance (instantiate $m)))`,
    );
    expect(await rejectionOf(component.run())).toBeInstanceOf(TrapError);
  });

  it("whose run differs from WASI's type is refused", async () => {
    const component = await loadText(
      `(component
         (core module $m (func (export "run") (result i32) (i32.const 7)))
         (core instance $i (instantiate $m))
         (func $run (result u32) (canon lift (core func $i "run")))
         (instance $run (export "run" (func $run)))
         (export "wasi:cli/run@0.2.0" (instance $run)))`,
    );
    const error = await rejectionOf(component.run());
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      message: "the component exports 'wasi:cli/run' with another type than WASI's",
    });
  });
});

const withCode = (code: string) => Object.assign(new Error('thrown'), { code });

describe.each([
  { what: 'program', load: async () => program, args: ['cat'] },
  {
    what: 'component',
    load: async () => loadComponent(readFileSync(built('mapcp.wasm'))),
    args: ['--version'],
  },
])('the output of a $what', async ({ what, load, args }) => {
  const component = await load();
  const runThrowing = (thrown: unknown) =>
    run(
      args,
      {
        stdin: 'x'.repeat(10_000),
        stdout: () => {
          throw thrown;
        },
      },
      component,
    );

  it.each([
    withCode('ENOSPC'),
    withCode('ESTALE'),
    Object.assign(withCode('EUNKNOWN'), { errno: -133 }),
    Object.assign(withCode('EUNKNOWN'), { syscall: 'write' }),
    withCode('ERR_ACCESS_DENIED'),
  ])('fails if its function throws an error of the system: %j', async (thrown) => {
    const { status } = await runThrowing(thrown);
    expect(status).not.toBe(0);
  });

  it.each([
    ['a TypeError', new TypeError('thrown')],
    ['a RangeError', new RangeError('thrown')],
    ["Node's error for a wrong argument", withCode('ERR_INVALID_ARG_TYPE')],
    ["Node's error for a number out of range", withCode('ERR_OUT_OF_RANGE')],
    ["an error with a code of the caller's own", withCode('EMINE')],
    ['an error with the name of a property for its code', withCode('toString')],
    ['a DOMException', new DOMException('thrown', 'AbortError')],
    ['an object', { message: 'thrown' }],
  ])('ends it if its function throws %s, which the caller gets', async (_, thrown) => {
    const error = await rejectionOf(runThrowing(thrown));
    expect(error).toBeInstanceOf(TrapError);
    expect((error as TrapError).message).toBe(
      `the ${what} was ended: the function for the output threw: thrown`,
    );
    expect((error as TrapError).cause).toBe(thrown);
  });
});

describe('a program is refused if it', () => {
  const message = async (bytes: unknown) => String(await rejectionOf(runComponent(bytes as Uint8Array)));

  it.each([['program.wasm'], [new ArrayBuffer(8)], [undefined]])('is no bytes: %o', async (bytes) => {
    expect(await message(bytes)).toMatch(
      /^TypeError: bytes must be a Uint8Array, such as readFileSync returns, not /,
    );
  });

  it.each(['', '(module)', '\0asm', '\0asm\x0e\0\x01\0'])('is no WebAssembly: %j', async (text) => {
    expect(await message(Buffer.from(text, 'latin1'))).toBe(
      'RefusedError: this is not WebAssembly: it begins neither as a component nor as a core module',
    );
  });

  it('is invalid, as a component or as a core module', async () => {
    expect(await message(Buffer.from('\0asm\x0d\0\x01\0\x09\x09', 'latin1'))).toMatch(
      /^RefusedError: the component cannot be used: .+$/,
    );
    expect(await message(Buffer.from('\0asm\x01\0\0\0\x09\x09', 'latin1'))).toMatch(
      /^RefusedError: a core module is invalid here: .+$/,
    );
  });

  it.each([
    [
      '(import "env" "f" (func))',
      /^RefusedError: the core module cannot be converted to a component: .*'env::f'/,
    ],
    [
      '(import "wasi_snapshot_preview1" "fd_lose" (func))',
      /^RefusedError: the program imports the function 'fd_lose', which WASI preview 1 does not have$/,
    ],
    [
      '(import "wasi_snapshot_preview1" "constructor" (func))',
      /^RefusedError: the program imports the function 'constructor', /,
    ],
    [
      '(import "wasi_snapshot_preview1" "fd_read" (global i32))',
      /^RefusedError: the program imports the global 'fd_read', /,
    ],
  ])('imports something outside WASI: %s', async (imports, why) => {
    expect(await message(await parse(`(module ${imports} (func (export "_start")))`))).toMatch(why);
  });

  it.each([
    ['none', ''],
    ['a function of that name', '(func (export "memory"))'],
    ['one that threads share', '(memory (export "memory") 1 1 shared)'],
  ])('has no memory for WASI: %s', async (_, exported) => {
    const imported = '(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))';
    expect(await message(await parse(`(module ${imported} ${exported} (func (export "_start")))`))).toMatch(
      /^RefusedError: the program exports no memory /,
    );
  });

  it('imports interfaces that no host has', async () => {
    const component = await loadText(
      `(component
         (import "wasi:http/types@0.2.0" (instance $n (export "f" (func))))
         (core func $f (canon lower (func $n "f")))
         (core module $m (import "" "f" (func)))
         (core instance (instantiate $m (with "" (instance (export "f" (func $f)))))))`,
    );
    await expect(component.run({ clocks: true })).rejects.toThrow(
      new RefusedError("the component imports 'wasi:http/types', which this host does not provide"),
    );
  });

  it('has invalid options, before anything else', async () => {
    const bytes = Buffer.from('no component');
    await expect(runComponent(bytes, { clock: true } as never)).rejects.toThrow("did you mean 'clocks'?");
  });

  it('makes jco panic, and later programs still run', async () => {
    expect(await message(await parse('(component (import "url=<https://example.com>" (func)))'))).toMatch(
      /^RefusedError: the component cannot be used: /,
    );
    const component = await loadText('(component)');
    expect(component.imports).toEqual([]);
  });
});

describe('a component with JavaScript in its names', () => {
  /** A component with a core module that exports a function by one name, and another that imports it by two. */
  const named = (exported: string, from: string, imported: string) => `
    (component
      (core module $a (func (export "${exported}") (result i32) (i32.const 7)))
      (core instance $ai (instantiate $a))
      (core module $b (import "${from}" "${imported}" (func $f (result i32))) (func (export "go") (result i32) (call $f)))
      (core instance $bi
        (instantiate $b (with "${from}" (instance (export "${imported}" (func $ai "${exported}"))))))
      (func (export "go") (result u32) (canon lift (core func $bi "go")))
      (func (export "direct") (result u32) (canon lift (core func $ai "${exported}"))))`;

  it.each([
    ["x',globalThis.pwned=1,'y", 'a', 'b'],
    ['x', "a':globalThis.pwned=1,'b", 'b'],
    ['x', 'a', "b':globalThis.pwned=1,'c"],
    ['x\\\\', 'a', 'b'],
    ['x', 'a\\22', 'b'],
    ['x', 'a', 'b`'],
    ['x\\0a', 'a', 'b'],
    ['x', 'a\\e2\\80\\a8', 'b'],
    ['x', 'a', '*/b'],
    ['*', 'a', 'b'],
  ])('is refused before any of it runs: %j, %j, %j', async (...names) => {
    const error = await rejectionOf(loadText(named(...names)));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^a core module imports or exports the name '/),
    });
    expect(globalThis).not.toHaveProperty('pwned');
  });

  it.each([
    ['__proto__', 'constructor', 'toString'],
    ['x', '__proto__', '__proto__'],
    ['then', 'a:b/c@1.0.0#d', '[method]e.f'],
    ['x.y', '$(globalThis.pwned=1)', 'ü'],
    ['class', '//', '<!--'],
  ])('runs if they remain names: %j, %j, %j', async (...names) => {
    const component = await loadText(named(...names));
    using host = await createHost();
    const { go } = await component.instantiate(host);
    expect((go as () => number)()).toBe(7);
    expect(globalThis).not.toHaveProperty('pwned');
  });
});

describe('a component that exports a name with a meaning in JavaScript', () => {
  it.each(['then', 'undefined', 'eval', 'arguments', 'global-this', 'module0', 'exports0'])(
    'is refused without waiting for it: %s',
    async (name) => {
      const error = await rejectionOf(
        loadText(`(component
          (core module $m (func (export "f")))
          (core instance $m (instantiate $m))
          (func (export "${name}") (canon lift (core func $m "f"))))`),
      );
      expect(error).toBeInstanceOf(RefusedError);
      expect(error).toMatchObject({ message: expect.stringMatching(/exports the name '/) });
    },
  );
});

describe('a component that would go on when its call has returned is refused before any of it runs', () => {
  const functions = `
    (core module $m
      (func (export "f") (result i32) (i32.const 1))
      (func (export "then") (param i32 i32 i32) (result i32) unreachable))
    (core instance $m (instantiate $m))
    (alias core export $m "then" (core func $then))`;

  it.each<[string, string]>([
    [
      'an asynchronous command',
      `${functions}
       (func $f async (result (result)) (canon lift (core func $m "f") async (callback $then)))
       (instance $i (export "run" (func $f)))
       (export "wasi:cli/run@0.2.0" (instance $i))`,
    ],
    [
      'an asynchronous function',
      `${functions}
       (func (export "f") async (result (result)) (canon lift (core func $m "f") async (callback $then)))`,
    ],
    [
      'a function that waits',
      `(core module $memory (memory (export "memory") 1))
       (core instance $memory (instantiate $memory))
       (alias core export $memory "memory" (core memory $bytes))
       (core func $new (canon waitable-set.new))
       (core func $wait (canon waitable-set.wait (memory $bytes)))
       (core module $m
         (import "" "new" (func $new (result i32)))
         (import "" "wait" (func $wait (param i32 i32) (result i32)))
         (func (export "f") (drop (call $wait (call $new) (i32.const 0)))))
       (core instance $m (instantiate $m
         (with "" (instance (export "new" (func $new)) (export "wait" (func $wait))))))
       (func (export "f") (canon lift (core func $m "f")))`,
    ],
    [
      'a stream',
      `(type $s (stream u8))
       (core func $new (canon stream.new $s))
       (core module $m (import "" "new" (func $new (result i64))) (func (export "f") (drop (call $new))))
       (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
       (func (export "f") (canon lift (core func $m "f")))`,
    ],
  ])('%s', async (_, text) => {
    const error = await rejectionOf(loadText(`(component ${text})`));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/WASI 0\.2 (?:has neither|does not have)/),
    });
  });
});

describe("a program's bytes are those at the call", () => {
  it.each<[string, () => Uint8Array]>([
    ['a Buffer', () => readFileSync(built('wasm/guests/program.wasm'))],
    [
      'memory that threads share',
      () => {
        const bytes = readFileSync(built('samples/mapped-head.wasm'));
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        return shared;
      },
    ],
  ])('despite later changes, in %s', async (_, read) => {
    const bytes = read();
    const loading = loadComponent(bytes);
    bytes.fill(0);
    expect((await loading).imports.length).toBeGreaterThan(0);
  });
});

describe('runComponent', () => {
  it('uses the options as they were at the call', async () => {
    const options = { args: ['program', 'exit', '3'], clocks: true, random: true };
    const running = runComponent(readFileSync(built('wasm/guests/program.wasm')), options);
    options.args[2] = '4';
    options.clocks = false;
    expect(await running).toBe(3);
  });

  it('runs many programs at once', async () => {
    const bytes = readFileSync(built('wasm/guests/program.wasm'));
    const options = { clocks: true, random: true };
    const statuses = Array.from({ length: 7 }, (_, status) =>
      runComponent(bytes, { ...options, args: ['program', 'exit', String(status)] }),
    );
    expect(await Promise.all(statuses)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('runs a program from its bytes, and leaves nothing open', () => {
    // Directories that no other process writes to.
    const [cwd, temporary] = [temporaryDirectory(), temporaryDirectory()];
    const [host, program] = [built('js/host/index.js'), built('wasm/samples/mapped-head.wasm')];
    const code = `
      import { readFileSync } from 'node:fs';
      import { runComponent } from ${JSON.stringify(pathToFileURL(host).href)};
      const bytes = readFileSync(${JSON.stringify(program)});
      process.exitCode = await runComponent(bytes, { args: ['mapped-head'], stderr: 'inherit' });`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd,
      env: { ...process.env, TMPDIR: temporary },
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'usage: mapped-head FILE\n' });
    expect([...readdirSync(cwd), ...readdirSync(temporary)]).toEqual([]);
  });

  it('works in a worker, and in another process', () => {
    const directory = temporaryDirectory(built('tests'));
    writeFileSync(
      join(directory, 'worker.mjs'),
      `import { readFileSync } from 'node:fs';
       import { parentPort } from 'node:worker_threads';
       import { runComponent } from 'mapcp/host';
       const bytes = readFileSync(${JSON.stringify(built('wasm/guests/program.wasm'))});
       const options = { args: ['program', 'warn', 'from a worker', 'cat', 'exit', '3'], stdin: 'text', clocks: true, random: true };
       parentPort.postMessage(await runComponent(bytes, { ...options, stdout: 'inherit', stderr: 'inherit' }));`,
    );
    writeFileSync(
      join(directory, 'main.mjs'),
      `import { Worker } from 'node:worker_threads';
       new Worker(new URL('worker.mjs', import.meta.url)).on('message', (status) => { process.exitCode = status; });`,
    );
    expect(runFile(process.execPath, ['main.mjs'], directory)).toEqual({
      status: 3,
      stdout: 'text',
      stderr: 'from a worker\n',
    });
  });
});
