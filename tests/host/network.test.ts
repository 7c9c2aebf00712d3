// A component that imports wasi:sockets can start, and gets no socket.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { expect, it } from 'vitest';
import { createHost, loadComponent, RefusedError } from '../../ts/host/index.js';
import { rejectionOf } from '../helpers/rejection.js';
import { hostWith, outcome, walkers } from './helpers.js';

const [[, walker]] = walkers as [(typeof walkers)[number]];
const published = join(
  import.meta.dirname,
  '../../node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12',
);

/** A component that imports all of wasi:sockets, and calls nothing. */
async function importingSockets(): Promise<Uint8Array> {
  const packages = ['wasi-io', 'wasi-clocks', 'wasi-sockets']
    .map((name) => readFileSync(join(published, name, 'package.wit'), 'utf8'))
    .map((text) => text.replace(/^package (.*);/, 'package $1 {').concat('}'))
    .map((text) => text.replace(/^world [\s\S]*?^}/gm, ''));
  const names = ['instance-network', 'tcp-create-socket', 'udp-create-socket', 'ip-name-lookup'];
  const imports = names.map((name) => `import wasi:sockets/${name}@0.2.12;`);
  const witSource = [`package test:all;\nworld all {\n${imports.join('\n')}\n}`, ...packages].join('\n');
  return componentNew(await componentEmbed({ witSource, world: 'all', dummy: true }), []);
}

it("a component that imports sockets starts with network: 'deny', and without it the error says so", async () => {
  const component = await loadComponent(await importingSockets());
  const [without, denying] = await Promise.all([
    createHost({ clocks: true }),
    createHost({ clocks: true, network: 'deny' }),
  ]);
  const refusal = await rejectionOf(component.instantiate(without));
  expect(refusal).toBeInstanceOf(RefusedError);
  expect((refusal as Error).message).toContain("set network: 'deny'");
  await expect(component.instantiate(denying)).resolves.toBeDefined();
  without.close();
  denying.close();
});

it('every way to a socket or an address is denied', () => {
  const { imports } = hostWith(walker, { network: 'deny' });
  const network = imports['wasi:sockets/instance-network'].instanceNetwork();
  const { createTcpSocket } = imports['wasi:sockets/tcp-create-socket'];
  const { createUdpSocket } = imports['wasi:sockets/udp-create-socket'];
  const { resolveAddresses } = imports['wasi:sockets/ip-name-lookup'];
  expect(outcome(() => createTcpSocket('ipv4'))).toBe('access-denied');
  expect(outcome(() => createUdpSocket('ipv6'))).toBe('access-denied');
  expect(outcome(() => resolveAddresses(network, 'localhost'))).toBe('access-denied');
});

it('a component that invents a socket ends', () => {
  const { imports } = hostWith(walker, { network: 'deny' });
  const { TcpSocket } = imports['wasi:sockets/tcp'];
  const network = imports['wasi:sockets/instance-network'].instanceNetwork();
  for (const invented of [Object.create(TcpSocket.prototype), network, {}, undefined]) {
    expect(() => Reflect.apply(TcpSocket.prototype.startListen, invented, [])).toThrow('denies the network');
  }
});
