// Pages in Firefox, by Marionette, its own protocol: each message is its length, a colon and JSON.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { memory } from '../helpers/directory.js';
import { mayTest } from '../helpers/tools.js';
import { serve } from './server.mjs';

/** The path of Firefox: `MAPCP_FIREFOX`, or Debian's. */
const executablePath = process.env.MAPCP_FIREFOX ?? '/usr/bin/firefox-esr';

/** Whether there is a Firefox. CI must have one. */
export const hasFirefox = mayTest(existsSync(executablePath));

/** A connection to a Firefox. */
class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<
    number,
    (answer: readonly [error: { message: string } | null, value: unknown]) => void
  >();
  #latest = 0;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#receive(data));
  }

  ask(name: string, parameters: object): Promise<unknown> {
    const id = ++this.#latest;
    const message = JSON.stringify([0, id, `WebDriver:${name}`, parameters]);
    this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ([error, value]) =>
        error === null ? resolve(value) : reject(new Error(error.message)),
      );
    });
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const colon = this.#received.indexOf(':');
      const end = colon + 1 + Number(this.#received.subarray(0, colon));
      if (colon === -1 || this.#received.length < end) {
        return;
      }
      const message: unknown = JSON.parse(this.#received.toString('utf8', colon + 1, end));
      this.#received = this.#received.subarray(end);
      // The first message is a greeting.
      if (Array.isArray(message)) {
        this.#waiting.get(message[1])?.([message[2], message[3]]);
      }
    }
  }
}

/** Starts one Firefox for all tests of a file, with one storage. */
export function inFirefox(): { open(): Promise<Pick<Page, 'evaluate'>> } {
  let server: Awaited<ReturnType<typeof serve>> | undefined;
  let firefox: ChildProcess | undefined;
  let marionette: Marionette | undefined;
  // Firefox syncs what it stores. On a busy disk, that takes most of the time.
  const profile = mkdtempSync(join(memory, 'mapcp-firefox-'));
  beforeAll(async () => {
    server = await serve();
    const port = await freePort();
    writeFileSync(join(profile, 'user.js'), `user_pref('marionette.port', ${port});\n`);
    const args = ['--headless', '--no-remote', '--marionette', '--profile', profile];
    firefox = spawn(executablePath, args, { stdio: 'ignore' });
    marionette = new Marionette(await connected(port));
    await marionette.ask('NewSession', {});
    await marionette.ask('SetTimeouts', { script: 300_000 });
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => firefox?.once('exit', resolve));
    firefox?.kill();
    await (firefox && ended);
    server?.close();
    rmSync(profile, { recursive: true, force: true });
  });
  const ask = (name: string, parameters: object): Promise<unknown> => {
    if (marionette === undefined) {
      throw new Error('pages can be opened in tests only');
    }
    return marionette.ask(name, parameters);
  };
  return {
    async open() {
      const evaluate = async (act: unknown, argument?: unknown): Promise<unknown> => {
        const done = 'arguments[arguments.length - 1]';
        const script = `window.eval(arguments[0]).then(${done}, (error) => ${done}('!' + error))`;
        const call = `(async () => JSON.stringify([await (${act})(${JSON.stringify(argument)})]))()`;
        const { value } = (await ask('ExecuteAsyncScript', { script, args: [call] })) as { value: string };
        if (value.startsWith('!')) {
          throw new Error(value.slice(1));
        }
        return JSON.parse(value)[0];
      };
      const page = { evaluate } as Pick<Page, 'evaluate'>;
      await ask('Navigate', { url: `${server?.origin}/` });
      await page.evaluate(async () => {
        while (Reflect.get(globalThis, 'mapcp') === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        const root = await navigator.storage.getDirectory();
        for await (const name of root.keys()) {
          await root.removeEntry(name, { recursive: true });
        }
      });
      return page;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Connects to a port as soon as somebody listens there. */
async function connected(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (isOpen) {
      return socket;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
