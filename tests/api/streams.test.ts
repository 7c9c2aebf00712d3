// Copies whose source is a stream: what can be one, how it is read, and how it ends.

import {
  createReadStream,
  mkdirSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CopyError, copy, openSandbox, type StreamSource } from 'mapcp';
import { describe, expect } from 'vitest';
import { inTemporaryDirectory } from '../helpers/directory.js';
import { it } from '../helpers/it.js';
import { rejectionOf } from '../helpers/rejection.js';

const content = Buffer.from('a content in two pieces');
const [first, second] = [content.subarray(0, 5), content.subarray(5)];

/** Calls `use` in a directory with a file `old`, which must stay, and checks that nothing else is there. */
function keepsOld(use: (target: string) => Promise<unknown>): Promise<void> {
  return inTemporaryDirectory(async (directory) => {
    writeFileSync(join(directory, 'old'), 'old');
    await use(join(directory, 'old'));
    expect(readdirSync(directory)).toEqual(['old']);
    expect(readFileSync(join(directory, 'old'), 'utf8')).toBe('old');
  });
}

async function* pieces() {
  yield first;
  yield second;
}

/** Yields the same memory again and again, each time with the next byte. */
async function* reused() {
  const memory = Buffer.alloc(1);
  for (const byte of content) {
    memory[0] = byte;
    yield memory;
  }
}

describe('the source of a copy', () => {
  it.for<[string, () => StreamSource]>([
    ['bytes', () => content],
    ['an array of bytes', () => [first, new Uint8Array(0), second]],
    ['a generator', () => [first, second].values()],
    ['an asynchronous generator', pieces],
    ['a generator that uses its memory again', reused],
    ['a stream of Node', () => Readable.from([first, second], { objectMode: false })],
    ['a stream of objects of Node', () => Readable.from([first, second])],
    ['a stream of the web', () => new Blob([first, second]).stream() as ReadableStream<Uint8Array>],
    ['a Blob', () => new Blob([first, second])],
    // As the entries of tar-stream are declared.
    ['something whose values have no type', (): AsyncIterable<unknown> => pieces()],
  ])('can be %s', async ([_, source], { directory }) => {
    const target = join(directory, 'new/file');
    const report = await copy(source(), target, { verify: true, size: content.length });
    expect(readFileSync(target)).toEqual(content);
    expect(report).toMatchObject({ bytes: content.length, files: 1, directories: 0, skipped: 0 });
    using box = await openSandbox({ '/out': { path: directory, access: 'read-write' } });
    await box.copy(source(), '/out/file');
    expect(readFileSync(join(directory, 'file'))).toEqual(content);
  });

  it('fails as a file that cannot be read if it is a Blob whose file has changed', async ({ directory }) => {
    const [chosen, target] = [join(directory, 'chosen'), join(directory, 'copy')];
    writeFileSync(chosen, 'one');
    const blob = await openAsBlob(chosen);
    writeFileSync(chosen, 'another one');
    const error = await rejectionOf(copy(blob, target));
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({
      code: 'EIO',
      operation: 'read',
      path: '-',
      source: '-',
      target,
      message: `cannot copy '-' to '${target}': cannot read '-': the file has probably changed, or is gone`,
      cause: { name: 'NotReadableError' },
      report: { files: 0 },
    });
    expect(readdirSync(directory)).toEqual(['chosen']);
  });

  it('can be the file of a stream, and a request', async ({ directory }) => {
    writeFileSync(join(directory, 'a'), content);
    await copy(createReadStream(join(directory, 'a')), join(directory, 'b'));
    expect(readFileSync(join(directory, 'b'))).toEqual(content);
    const server = createServer((received, response) => {
      copy(received, join(directory, 'c')).then(({ bytes }) => response.end(String(bytes)));
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://localhost:${port}`, { method: 'POST', body: content });
    expect(await response.text()).toBe(String(content.length));
    expect(readFileSync(join(directory, 'c'))).toEqual(content);
    server.close();
  });

  it('can yield buffers instead of bytes', async ({ directory }) => {
    const buffers = [first, second].map((bytes) => new Uint8Array(bytes).buffer);
    // FileHandle.readableWebStream does so in Node 20.
    const stream = new ReadableStream<ArrayBuffer>({
      start: (controller) => {
        for (const buffer of buffers) {
          controller.enqueue(buffer);
        }
        controller.close();
      },
    });
    await copy(stream, join(directory, 'a'));
    expect(readFileSync(join(directory, 'a'))).toEqual(content);
  });

  it('is the bytes at the call', async ({ directory }) => {
    const bytes = Buffer.from('before');
    const copying = copy(bytes, join(directory, 'a'));
    bytes.fill('x');
    await copying;
    expect(readFileSync(join(directory, 'a'), 'utf8')).toBe('before');
  });

  it('gets the permissions that are asked for, or those of a new file', async ({ directory }) => {
    writeFileSync(join(directory, 'plain'), '');
    using box = await openSandbox({ '/d': { path: directory, access: 'read-write' } });
    writeFileSync(join(directory, 'x'), '', { mode: 0o700 });
    await box.copy('/d/x', '/d/y');
    await box.copy(content, '/d/usual');
    await box.copy(content, '/d/other', { mode: 0o604 });
    const modeOf = (name: string) => statSync(join(directory, name)).mode & 0o777;
    expect(modeOf('usual')).toBe(modeOf('plain'));
    expect(modeOf('other')).toBe(0o604);
  });

  it('is copied in little memory, however much comes', async ({ directory }) => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    let most = 0;
    async function* many() {
      for (let count = 0; count < 64; count++) {
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        yield chunk;
      }
    }
    const before = process.memoryUsage().arrayBuffers;
    await copy(many(), join(directory, 'a'));
    expect(statSync(join(directory, 'a')).size).toBe(64 << 20);
    expect(most - before).toBeLessThan(32 << 20);
  });

  it('lets other copies go on while it waits', async ({ directory }) => {
    const silent = Array.from({ length: 40 }, () => new Readable({ read() {} }));
    const stop = new AbortController();
    const waiting = silent.map((stream, index) =>
      copy(stream, join(directory, `w${index}`), { signal: stop.signal }),
    );
    const ends = Promise.allSettled(waiting);
    await copy(content, join(directory, 'a'));
    stop.abort();
    expect((await ends).every(({ status }) => status === 'rejected')).toBe(true);
    expect(readdirSync(directory)).toEqual(['a']);
  });
});

describe('the old file stays if a stream', () => {
  it('fails, and the copy has the error of the stream', () =>
    keepsOld(async (target) => {
      const broken = new Error('broken');
      const failing = async function* () {
        yield first;
        throw broken;
      };
      expect(await rejectionOf(copy(failing(), target))).toBe(broken);
      expect(await rejectionOf(copy(Readable.from(failing()), target))).toBe(broken);
      const web = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) });
      expect(await rejectionOf(copy(web, target))).toBe(broken);
    }));

  it('fails before the copy begins', () =>
    keepsOld(async (target) => {
      const missing = createReadStream(`${target}-missing`);
      expect(await rejectionOf(copy(missing, target))).toMatchObject({ code: 'ENOENT' });
    }));

  it('is destroyed before its end', () =>
    keepsOld(async (target) => {
      const stream = new Readable({ read() {} });
      stream.push(first);
      const copying = copy(stream, target);
      stream.destroy();
      expect(await rejectionOf(copying)).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    }));

  it('is aborted, and so destroys, cancels or returns it', () =>
    keepsOld(async (target) => {
      const stop = new AbortController();
      const stream = new Readable({ read() {} });
      let cancelledFor: unknown;
      const web = new ReadableStream<Uint8Array>({
        pull: () => new Promise(() => {}),
        cancel: (reason) => {
          cancelledFor = reason;
        },
      });
      let isReturned = false;
      const iterable = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<never>(() => {}),
          return: async () => {
            isReturned = true;
            return { done: true as const, value: undefined };
          },
        }),
      };
      const copies = [stream, web, iterable].map((source) => copy(source, target, { signal: stop.signal }));
      const ends = Promise.allSettled(copies);
      stop.abort(new Error('enough'));
      for (const end of await ends) {
        expect(end).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
      }
      await expect.poll(() => [stream.destroyed, isReturned]).toEqual([true, true]);
      expect(cancelledFor).toMatchObject({ message: 'enough' });
    }));

  it('is silent when the sandbox is closed, and so is destroyed', async ({ directory }) => {
    writeFileSync(join(directory, 'old'), 'old');
    const box = await openSandbox({ '/out': { path: directory, access: 'read-write' } });
    const silent = new Readable({ read() {} });
    const copying = rejectionOf(box.copy(silent, '/out/old'));
    await expect.poll(() => readdirSync(directory).length).toBe(2);
    box.close();
    expect(await copying).toMatchObject({ code: 'ERR_MAPCP_CLOSED' });
    expect(readdirSync(directory)).toEqual(['old']);
    await expect.poll(() => silent.destroyed).toBe(true);
  });

  it('was read to its end before', () =>
    keepsOld(async (target) => {
      const stream = Readable.from([first]);
      await stream.toArray();
      expect(await rejectionOf(copy(stream, target))).toMatchObject({
        name: 'TypeError',
        message: expect.stringContaining('source must be a stream that was not read to its end before'),
      });
    }));

  it('is not what the copy may replace, and so is destroyed', () =>
    keepsOld(async (target) => {
      const stream = Readable.from([first]);
      const error = await rejectionOf(copy(stream, target, { overwrite: 'error' }));
      expect(error).toBeInstanceOf(CopyError);
      expect(error).toMatchObject({ code: 'EEXIST', source: '-', target });
      await expect.poll(() => stream.destroyed).toBe(true);
    }));

  it('never ends, and so reaches the limit of a file', () =>
    keepsOld(async (target) => {
      const chunk = Buffer.alloc(10_000, 'x');
      const endless = new Readable({ read: () => void endless.push(chunk) });
      expect(await rejectionOf(copy(endless, target, { maxFileSize: 5_000_000 }))).toMatchObject({
        code: 'ERR_MAPCP_LIMIT_EXCEEDED',
        path: '-',
      });
      await expect.poll(() => endless.destroyed).toBe(true);
    }));

  it('is an upload that its sender abandons', () =>
    keepsOld(async (target) => {
      let isOver = (_: unknown) => {};
      const over = new Promise((resolve) => {
        isOver = resolve;
      });
      const server = createServer((received) => rejectionOf(copy(received, target)).then(isOver)).listen(0);
      const { port } = server.address() as AddressInfo;
      const sent = request({ port, method: 'POST', headers: { 'content-length': 1000 } });
      sent.on('error', () => {});
      server.once('request', () => sent.destroy());
      sent.write(first);
      expect(await over).toMatchObject({ code: 'ECONNRESET' });
      server.close();
    }));

  it.each<[string, StreamSource, string]>([
    ['text', ['text'] as never, "a chunk of the stream must be a Uint8Array, not 'text'"],
    ['numbers', [1, 2] as never, 'a chunk of the stream must be a Uint8Array, not 1'],
    ['objects', [{}] as never, 'a chunk of the stream must be a Uint8Array, not an object'],
  ])('has %s', (_, source, message) =>
    keepsOld(async (target) => {
      expect(await rejectionOf(copy(source, target))).toEqual(new TypeError(message));
      expect(await rejectionOf(copy(Readable.from(source as never), target))).toEqual(new TypeError(message));
    }),
  );
});

describe('a stream', () => {
  it.each<[string, StreamSource | string, object, string]>([
    [
      'a shard',
      content,
      { shard: { index: 0, count: 2 } },
      'options.shard must be left out if the source is a stream',
    ],
    ['a list of files', content, { files: [] }, 'options.files must be left out if the source is a stream'],
    [
      'a size without a stream',
      'a',
      { size: 1 },
      'options.size must be left out unless the source is a stream',
    ],
    [
      'a mode without a stream',
      'a',
      { mode: 1 },
      "options.mode must be left out unless the source is a stream (for COPYFILE_EXCL, use overwrite: 'error')",
    ],
  ])('refuses %s', async (_, source, options, message) => {
    const error = await rejectionOf(copy(source, 'target', options));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(message);
  });

  it.each([
    [0o4777, 'not 0o4777'],
    [-1, 'not -1'],
    [0.5, 'not 0.5'],
  ])('refuses the mode %d, and says which are possible', async (mode, why) => {
    const error = await rejectionOf(copy(content, 'target', { mode }));
    expect(error).toEqual(new RangeError(`options.mode must be a whole number from 0o0 to 0o777, ${why}`));
  });

  it('does not leave the sandbox', async ({ directory }) => {
    mkdirSync(join(directory, 'box'));
    using box = await openSandbox({ '/out': { path: join(directory, 'box'), access: 'read-write' } });
    expect(await rejectionOf(box.copy(content, '/out/../secret'))).toMatchObject({ code: 'EPERM' });
    expect(readdirSync(directory)).toEqual(['box']);
  });
});
