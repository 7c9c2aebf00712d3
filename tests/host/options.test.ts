import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { PassThrough } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { describe, expect } from 'vitest';
import { createHost, type HostOptions, ModeCarrier } from '../../ts/host/index.js';
import { it, temporaryDirectory } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';
import { built } from '../helpers/runtimes.js';

/** The error of createHost, or `accepted`. */
async function answerTo(options: unknown): Promise<string> {
  try {
    (await createHost(options as HostOptions)).close();
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}

/** A closed descriptor. */
function closedDescriptor(): number {
  const fd = openSync('.', 'r');
  closeSync(fd);
  return fd;
}

const directory = { path: '.', access: 'read' };
const outputs = "'inherit', a function, process.stdout or an open file descriptor";
const paths = "a path such as '/in', without '.', '..' and a slash at its end";

describe('createHost refuses', () => {
  it.each<[unknown, string]>([
    [null, 'options must be an object, not null'],
    ['/in', "options must be an object, not '/in'"],
    [{ preopen: {} }, "options has no option 'preopen': did you mean 'preopens'?"],
    [{ clock: true }, "options has no option 'clock': did you mean 'clocks'?"],
    [{ mounts: {} }, "options has no option 'mounts': use preopens"],
    [{ clocks: 'no' }, "options.clocks must be a boolean, not 'no'"],
    [{ random: 1 }, 'options.random must be a boolean, not 1'],
    [{ confinement: 'Strict' }, "options.confinement must be 'strict' or 'best-effort', not 'Strict'"],
    [{ allowOverlap: 'yes' }, "options.allowOverlap must be a boolean, not 'yes'"],
    [{ devices: 'null' }, "options.devices must be an array of devices, not 'null'"],
    [{ devices: ['null', 'full'] }, "options.devices[1] must be 'null' or 'zero', not 'full'"],
    [
      { devices: ['null'], preopens: { '/dev': directory } },
      "options.devices needs the name '/dev', which a directory in options.preopens has",
    ],
    [{ absoluteLinks: 0 }, 'options.absoluteLinks must be a boolean, not 0'],
    [{ escapeNames: null }, 'options.escapeNames must be a boolean, not null'],
    [{ listIdentities: {} }, 'options.listIdentities must be a boolean, not an object'],
    [{ modes: {} }, 'options.modes must be a ModeCarrier, not an object'],
    [{ durability: {} }, 'options.durability.syncDirectories must be a boolean, not undefined'],
    [
      { durability: { syncDirectory: true } },
      "options.durability has no option 'syncDirectory': did you mean 'syncDirectories'?",
    ],
  ])('%o', async (options, message) => {
    expect(await answerTo(options)).toBe(`TypeError: ${message}`);
  });

  it.each<[unknown, string]>([
    ['abc', "options.args must be an array of strings, not 'abc'"],
    [new Set(['a']), 'options.args must be an array of strings, not a Set'],
    [[1], 'options.args[0] must be a string, not 1'],
    [['a', 'b\0c'], 'options.args[1] must not contain a NUL character'],
    [['\udc00'], "options.args[0] must be well-formed, but has a lone surrogate: '\\udc00'"],
  ])('the arguments %o', async (args, message) => {
    expect(await answerTo({ args })).toBe(`TypeError: ${message}`);
  });

  it.each<[unknown, string]>([
    [new Map([['A', 'b']]), 'options.env must be an object with a value for each variable, not a Map'],
    [['A=b'], 'options.env must be an object with a value for each variable, not an array'],
    [{ PORT: 80 }, "options.env['PORT'] must be a string, not 80"],
    [{ 'A=B': 'c' }, "a name in options.env must be a word without '=', not 'A=B'"],
    [{ '': 'c' }, "a name in options.env must be a word without '=', not ''"],
    [{ A: 'b\0c' }, "options.env['A'] must not contain a NUL character"],
    [{ 'A\0': 'b' }, 'a name in options.env must not contain a NUL character'],
  ])('the environment %o', async (env, message) => {
    expect(await answerTo({ env })).toBe(`TypeError: ${message}`);
  });

  it.each<[unknown, string]>([
    [new Map(), 'options.preopens must be an object with a directory for each guest path, not a Map'],
    [['.'], 'options.preopens must be an object with a directory for each guest path, not an array'],
    [{ '/in': '.' }, "options.preopens['/in'] must be an object, not '.'"],
    [{ '': directory }, `a name in options.preopens must be ${paths}, not ''`],
    [{ '/a/../b': directory }, `a name in options.preopens must be ${paths}, not '/a/../b'`],
    [{ '/./a': directory }, `a name in options.preopens must be ${paths}, not '/./a'`],
    [{ '/out/': directory }, `a name in options.preopens must be ${paths}, not '/out/'`],
    [{ '//out': directory }, `a name in options.preopens must be ${paths}, not '//out'`],
    [{ '/a\0': directory }, 'a name in options.preopens must not contain a NUL character'],
    [{ '/in': { access: 'read' } }, "options.preopens['/in'].path must be a string, not undefined"],
    [{ '/in': { path: '', access: 'read' } }, "options.preopens['/in'].path must be a path, not ''"],
    [
      { '/in': { path: 'a\0', access: 'read' } },
      "options.preopens['/in'].path must not contain a NUL character",
    ],
    [
      { '/in': { path: '.', readonly: true } },
      "options.preopens['/in'] has no option 'readonly': use access: 'read'",
    ],
    ...['readonly', 'Read', 'ro', ''].map((access): [unknown, string] => [
      { '/in': { path: '.', access } },
      `options.preopens['/in'].access must be 'read' or 'read-write', not '${access}'`,
    ]),
    [
      { '/in': { path: '.' } },
      "options.preopens['/in'].access must be 'read' or 'read-write', not undefined",
    ],
  ])('the preopens %o', async (preopens, message) => {
    expect(await answerTo({ preopens })).toBe(`TypeError: ${message}`);
  });

  it.each<[unknown, string]>([
    [null, `must be ${outputs}, not null`],
    [true, `must be ${outputs}, not true`],
    ['ignore', `must be ${outputs}, not 'ignore'`],
    [-1, `must be ${outputs}, not -1`],
    [1.5, `must be ${outputs}, not 1.5`],
    [{}, `must be ${outputs}, not an object`],
    [
      new PassThrough(),
      'is a stream without a file descriptor, and a component cannot wait for one: pass (bytes) => stream.write(bytes), ' +
        'which keeps all output in memory until the component ends',
    ],
  ])('the output %o', async (output, message) => {
    expect(await answerTo({ stdout: output })).toBe(`TypeError: options.stdout ${message}`);
    expect(await answerTo({ stderr: output })).toBe(
      `TypeError: options.stderr ${message.replace('process.stdout', 'process.stderr')}`,
    );
  });

  it('output to a descriptor that is closed or read-only', async () => {
    const closed = closedDescriptor();
    const reading = openSync('package.json', 'r');
    try {
      for (const fd of [closed, reading]) {
        expect(await answerTo({ stdout: fd })).toBe(
          `TypeError: options.stdout must be a file descriptor that is open for writing, but ${fd} is not`,
        );
      }
    } finally {
      closeSync(reading);
    }
  });

  it.each<[unknown, string]>([
    [null, 'must be text, bytes, process.stdin or an open file descriptor, not null'],
    [new Uint16Array(1), 'must be text, bytes, process.stdin or an open file descriptor, not a Uint16Array'],
    ['a\ud800', 'must be well-formed text, but has a lone surrogate'],
    [
      'inherit',
      "takes a string as text: pass process.stdin for the input of this process, or Buffer.from('inherit')",
    ],
    [
      new PassThrough(),
      'is a stream without a file descriptor, and a component cannot wait for one: pass its content, from buffer(stream) ' +
        'of node:stream/consumers',
    ],
  ])('the input %o', async (stdin, message) => {
    expect(await answerTo({ stdin })).toBe(`TypeError: options.stdin ${message}`);
  });

  it('input from a closed descriptor', async () => {
    const fd = closedDescriptor();
    expect(await answerTo({ stdin: fd })).toBe(
      `TypeError: options.stdin must be a file descriptor that is open, but ${fd} is not`,
    );
  });

  it('options before it opens anything', async () => {
    const missing = { '/in': { path: join(temporaryDirectory(), 'missing'), access: 'read' } } as const;
    const error = await rejectionOf(createHost({ preopens: missing, clocks: 'no' } as never));
    expect(error).toEqual(new TypeError("options.clocks must be a boolean, not 'no'"));
  });
});

describe('createHost accepts', () => {
  it('no options, and undefined for each', async () => {
    expect(await answerTo(undefined)).toBe('accepted');
    expect(
      await answerTo({ stdin: undefined, stdout: undefined, preopens: undefined, modes: undefined }),
    ).toBe('accepted');
  });

  it.each(['/', '/in', '/a/b.c', '/a/..b', '.', 'in', '/ü'])('the name %s for a directory', async (name) => {
    expect(await answerTo({ preopens: { [name]: directory } })).toBe('accepted');
  });

  it('a ModeCarrier, also from another copy of the module', async () => {
    class Other extends ModeCarrier {}
    const lookalike = Object.setPrototypeOf({}, null);
    for (const name of Object.getOwnPropertyNames(ModeCarrier.prototype)) {
      lookalike[name] = () => undefined;
    }
    for (const modes of [new ModeCarrier(), new Other(), lookalike]) {
      expect(await answerTo({ modes })).toBe('accepted');
    }
  });

  it("this process's environment, without undefined values", async () => {
    using host = await createHost({ env: { ...process.env, LEFT_OUT: undefined } });
    const environment = Object.fromEntries(host.imports['wasi:cli/environment'].getEnvironment());
    expect(environment).toEqual(JSON.parse(JSON.stringify(process.env)));
  });

  it('text as standard input, as UTF-8', async () => {
    using host = await createHost({ stdin: 'grüße\0' });
    const stdin = host.imports['wasi:cli/stdin'].getStdin();
    expect(Buffer.from(stdin.blockingRead(100n)).toString()).toBe('grüße\0');
  });

  it('a descriptor, or an object with one, as standard output', async () => {
    const file = join(temporaryDirectory(), 'file');
    const fd = openSync(file, 'w');
    for (const stdout of [fd, { fd }]) {
      using host = await createHost({ stdout });
      host.imports['wasi:cli/stdout'].getStdout().blockingWriteAndFlush(Buffer.from('output\n'));
    }
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe('output\noutput\n');
  });

  it('options as they were at the call, despite later changes', async () => {
    const args = ['program'];
    const env: Record<string, string> = { A: 'b' };
    using host = await createHost({ args, env });
    args.push('later');
    env.LATER = 'c';
    expect(host.imports['wasi:cli/environment'].getArguments()).toEqual(['program']);
    expect(host.imports['wasi:cli/environment'].getEnvironment()).toEqual([['A', 'b']]);
  });
});

describe("'inherit', process.stdout and process.stdin", () => {
  const program = `
    import { createHost } from 'mapcp/host';
    import process from 'node:process';
    const host = await createHost({ stdin: process.stdin, stdout: process.stdout, stderr: 'inherit' });
    const { imports } = host;
    const text = imports['wasi:cli/stdin'].getStdin().blockingRead(100n);
    imports['wasi:cli/stdout'].getStdout().blockingWriteAndFlush(text);
    imports['wasi:cli/stderr'].getStderr().blockingWriteAndFlush(Buffer.from('to stderr'));
    host.close();`;

  it('are those of the process', async () => {
    const outcome = await new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        ['--input-type=module', '--eval', program],
        (error, stdout, stderr) => resolve({ error, stdout, stderr }),
      );
      child.stdin?.end('from stdin');
    });
    expect(outcome).toEqual({ error: null, stdout: 'from stdin', stderr: 'to stderr' });
  });

  it('have no descriptor in a worker, and createHost says so', async () => {
    const code = `
      import { parentPort } from 'node:worker_threads';
      import { createHost } from 'mapcp/host';
      await createHost({ stdout: process.stdout }).catch((error) => parentPort.postMessage(error.message));
      (await createHost({ stdout: 'inherit' })).close();
      parentPort.postMessage('inherited');`;
    const file = join(temporaryDirectory(built('tests')), 'worker.mjs');
    writeFileSync(file, code);
    const worker = new Worker(file, { stdout: true });
    const messages: string[] = [];
    worker.on('message', (message: string) => messages.push(message));
    await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
    expect(messages).toEqual([
      expect.stringContaining('options.stdout is a stream without a file descriptor'),
      'inherited',
    ]);
  });
});

describe('createHost reads each option once, when it is called', () => {
  it('so later changes have no effect', async ({ directory }) => {
    const options = {
      args: ['program', 'one'],
      env: { NAME: 'one' },
      stdin: Buffer.from('one'),
      preopens: { '/in': { path: directory, access: 'read' as 'read' | 'read-write' } },
    };
    const making = createHost(options);
    options.args[1] = 'two';
    options.env.NAME = 'two';
    options.stdin.fill('2');
    options.preopens['/in'].access = 'read-write';
    using host = await making;
    const { imports } = host;
    expect(imports['wasi:cli/environment'].getArguments()).toEqual(['program', 'one']);
    expect(imports['wasi:cli/environment'].getEnvironment()).toEqual([['NAME', 'one']]);
    const input = imports['wasi:cli/stdin'].getStdin().blockingRead(9n);
    expect(Buffer.from(input).toString()).toBe('one');
    const [[root] = []] = imports['wasi:filesystem/preopens'].getDirectories();
    expect(root?.getFlags().mutateDirectory).toBe(false);
  });

  it('so a getter is called only once', async ({ directory }) => {
    let asked = 0;
    const preopen = {
      path: directory,
      get access() {
        asked += 1;
        return asked <= 2 ? ('read' as const) : ('read-write' as const);
      },
    };
    using host = await createHost({ preopens: { '/in': preopen } });
    const [[root] = []] = host.imports['wasi:filesystem/preopens'].getDirectories();
    expect(root?.getFlags().mutateDirectory).toBe(false);
  });
});
