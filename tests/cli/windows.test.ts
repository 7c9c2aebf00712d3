// The ends of the command on Windows, which has other signals. The runs under Wine show less: there, another process cannot
// send them, and output must go to files.

import type * as os from 'node:os';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Interruption } from '../../ts/cli/interruption.js';
import { standardOutput } from '../../ts/cli/streams.js';

vi.hoisted(() => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
  process.env.TEMP = '/tmp';
});

vi.mock('node:os', async (original) => {
  const { constants, ...rest } = await original<typeof os>();
  const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15, SIGBREAK: 21 };
  const changed = { ...rest, constants: { ...constants, signals } };
  return { ...changed, default: changed };
});

const printed: unknown[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(text) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it('Ctrl+Break ends a copy as Ctrl+C does', () => {
  const interruption = new Interruption();
  interruption.heedSignals();
  process.emit('SIGBREAK', 'SIGBREAK');
  interruption.leaveSignals();
  expect(interruption.signal.aborted).toBe(true);
  interruption.conclude(1);
  expect(process.exitCode).toBe(128 + 21);
  expect(printed).toEqual(['mapcp: interrupted; what was finished stays\n']);
});

it('a signal that comes after the last copy ends the process, which says that everything was copied', () => {
  const interruption = new Interruption();
  interruption.heedSignals();
  process.emit('SIGBREAK', 'SIGBREAK');
  interruption.leaveSignals();
  interruption.conclude(0);
  expect(process.exitCode).toBe(128 + 21);
  expect(printed).toEqual(['mapcp: interrupted, but everything was copied\n']);
});

it('a closed output ends a copy with the status that it has elsewhere', () => {
  const interruption = new Interruption();
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', errno: -4047, syscall: 'write' });
  standardOutput().emit('error', closed);
  expect(interruption.signal.aborted).toBe(true);
  interruption.conclude(0);
  expect(process.exitCode).toBe(128 + 13);
  expect(printed).toEqual(['mapcp: cannot print: broken pipe\n']);
});
