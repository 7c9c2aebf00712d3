// wasi:sockets for a host that refuses every use. Programs for WASI 0.2 often import it because their C library does, and
// never call it.

import type { HostInterface } from './border.js';
import { WasiError } from './error-code.js';
import type { ResourceTable } from './resources.js';
import { Resources } from './resources.js';
import { nothing } from './streams.js';
import { endComponent } from './trap.js';
import type { wasi } from './wasi.js';
import {
  incomingDatagramStream,
  network,
  outgoingDatagramStream,
  resolveAddressStream,
  sockets,
  tcpSocket,
  udpSocket,
} from './wasi-sockets.js';

/** wasi:sockets. */
type Network = {
  readonly [N in Extract<keyof typeof wasi, `wasi:sockets/${string}`>]: HostInterface<(typeof wasi)[N]>;
};

/**
 * Makes wasi:sockets, with its resources in `table`. A component gets a network, which stands for nothing. Everything
 * that it could do with that is refused with `access-denied`, so it never gets a socket.
 */
export function createNetwork(table: ResourceTable): Network {
  const gone = () => endComponent('the component has no sockets: its host denies the network');
  for (const kind of [network, resolveAddressStream, tcpSocket, udpSocket]) {
    new Resources(table, kind, gone);
  }
  new Resources(table, incomingDatagramStream, gone);
  new Resources(table, outgoingDatagramStream, gone);
  const denied = (): never => {
    throw new WasiError('access-denied');
  };
  const refusing = Object.entries(sockets).map(([name, { functions }]) => [
    name,
    { functions: Object.fromEntries(Object.keys(functions).map((label) => [label, denied])) },
  ]);
  return {
    ...(Object.fromEntries(refusing) as Network),
    'wasi:sockets/instance-network': { functions: { 'instance-network': () => ({ close: nothing }) } },
  };
}
