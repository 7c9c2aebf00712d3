// wasi:sockets, as published. No host has sockets, so their values have no TypeScript types.

import { inputStream, outputStream, pollable } from './wasi-io.js';
import type { Closable, Interface, Type } from './wit.js';
import {
  bool,
  borrow,
  bytes,
  enumeration,
  func,
  list,
  option,
  own,
  record,
  resource,
  result,
  string,
  tuple,
  u8,
  u16,
  u32,
  u64,
  variant,
} from './wit.js';

export const network = resource<Closable>('wasi:sockets/network', 'network');
export const resolveAddressStream = resource<Closable>(
  'wasi:sockets/ip-name-lookup',
  'resolve-address-stream',
);
export const tcpSocket = resource<Closable>('wasi:sockets/tcp', 'tcp-socket');
export const udpSocket = resource<Closable>('wasi:sockets/udp', 'udp-socket');
export const incomingDatagramStream = resource<Closable>('wasi:sockets/udp', 'incoming-datagram-stream');
export const outgoingDatagramStream = resource<Closable>('wasi:sockets/udp', 'outgoing-datagram-stream');

const networkError: Type = enumeration(
  'error-code',
  ...['unknown', 'access-denied', 'not-supported', 'invalid-argument', 'out-of-memory', 'timeout'],
  ...['concurrency-conflict', 'not-in-progress', 'would-block', 'invalid-state', 'new-socket-limit'],
  ...['address-not-bindable', 'address-in-use', 'remote-unreachable', 'connection-refused'],
  ...['connection-reset', 'connection-aborted', 'datagram-too-large', 'name-unresolvable'],
  ...['temporary-resolver-failure', 'permanent-resolver-failure'],
);
const family: Type = enumeration('ip-address-family', 'ipv4', 'ipv6');
const ipv4Address: Type = tuple(u8, u8, u8, u8);
const ipv6Address: Type = tuple(u16, u16, u16, u16, u16, u16, u16, u16);
const ipAddress: Type = variant('ip-address', { ipv4: ipv4Address, ipv6: ipv6Address });
const ipv4SocketAddress: Type = record('ipv4-socket-address', { port: u16, address: ipv4Address });
const ipv6SocketAddress: Type = record('ipv6-socket-address', {
  port: u16,
  'flow-info': u32,
  address: ipv6Address,
  'scope-id': u32,
});
const socketAddress: Type = variant('ip-socket-address', {
  ipv4: ipv4SocketAddress,
  ipv6: ipv6SocketAddress,
});
const shutdownType: Type = enumeration('shutdown-type', 'receive', 'send', 'both');
const incomingDatagram: Type = record('incoming-datagram', { data: bytes, 'remote-address': socketAddress });
const outgoingDatagram: Type = record('outgoing-datagram', {
  data: bytes,
  'remote-address': option(socketAddress),
});

const done = result(undefined, networkError);
const returns = (ok: Type): Type => result(ok, networkError);

const onTcp = ['self', borrow(tcpSocket)] as const;
const onUdp = ['self', borrow(udpSocket)] as const;
const onNetwork = ['network', borrow(network)] as const;
const onAddresses = ['self', borrow(resolveAddressStream)] as const;
const onIncoming = ['self', borrow(incomingDatagramStream)] as const;
const onOutgoing = ['self', borrow(outgoingDatagramStream)] as const;

/** The interfaces, by their names without a version. */
export const sockets = {
  'wasi:sockets/instance-network': {
    types: { network },
    functions: { 'instance-network': func([], own(network)) },
  },
  'wasi:sockets/ip-name-lookup': {
    types: {
      pollable,
      network,
      'error-code': networkError,
      'ip-address': ipAddress,
      'resolve-address-stream': resolveAddressStream,
    },
    functions: {
      'resolve-addresses': func([onNetwork, ['name', string]], returns(own(resolveAddressStream))),
      '[method]resolve-address-stream.resolve-next-address': func([onAddresses], returns(option(ipAddress))),
      '[method]resolve-address-stream.subscribe': func([onAddresses], own(pollable)),
    },
  },
  'wasi:sockets/network': {
    types: {
      network,
      'error-code': networkError,
      'ip-address-family': family,
      'ipv4-address': ipv4Address,
      'ipv6-address': ipv6Address,
      'ip-address': ipAddress,
      'ipv4-socket-address': ipv4SocketAddress,
      'ipv6-socket-address': ipv6SocketAddress,
      'ip-socket-address': socketAddress,
    },
    // `network-error-code` is not stable yet.
    functions: {},
  },
  'wasi:sockets/tcp-create-socket': {
    types: {
      network,
      'error-code': networkError,
      'ip-address-family': family,
      'tcp-socket': tcpSocket,
    },
    functions: { 'create-tcp-socket': func([['address-family', family]], returns(own(tcpSocket))) },
  },
  'wasi:sockets/tcp': {
    types: {
      'input-stream': inputStream,
      'output-stream': outputStream,
      pollable,
      duration: u64,
      network,
      'error-code': networkError,
      'ip-socket-address': socketAddress,
      'ip-address-family': family,
      'shutdown-type': shutdownType,
      'tcp-socket': tcpSocket,
    },
    functions: {
      '[method]tcp-socket.start-bind': func([onTcp, onNetwork, ['local-address', socketAddress]], done),
      '[method]tcp-socket.finish-bind': func([onTcp], done),
      '[method]tcp-socket.start-connect': func([onTcp, onNetwork, ['remote-address', socketAddress]], done),
      '[method]tcp-socket.finish-connect': func([onTcp], returns(tuple(own(inputStream), own(outputStream)))),
      '[method]tcp-socket.start-listen': func([onTcp], done),
      '[method]tcp-socket.finish-listen': func([onTcp], done),
      '[method]tcp-socket.accept': func(
        [onTcp],
        returns(tuple(own(tcpSocket), own(inputStream), own(outputStream))),
      ),
      '[method]tcp-socket.local-address': func([onTcp], returns(socketAddress)),
      '[method]tcp-socket.remote-address': func([onTcp], returns(socketAddress)),
      '[method]tcp-socket.is-listening': func([onTcp], bool),
      '[method]tcp-socket.address-family': func([onTcp], family),
      '[method]tcp-socket.set-listen-backlog-size': func([onTcp, ['value', u64]], done),
      '[method]tcp-socket.keep-alive-enabled': func([onTcp], returns(bool)),
      '[method]tcp-socket.set-keep-alive-enabled': func([onTcp, ['value', bool]], done),
      '[method]tcp-socket.keep-alive-idle-time': func([onTcp], returns(u64)),
      '[method]tcp-socket.set-keep-alive-idle-time': func([onTcp, ['value', u64]], done),
      '[method]tcp-socket.keep-alive-interval': func([onTcp], returns(u64)),
      '[method]tcp-socket.set-keep-alive-interval': func([onTcp, ['value', u64]], done),
      '[method]tcp-socket.keep-alive-count': func([onTcp], returns(u32)),
      '[method]tcp-socket.set-keep-alive-count': func([onTcp, ['value', u32]], done),
      '[method]tcp-socket.hop-limit': func([onTcp], returns(u8)),
      '[method]tcp-socket.set-hop-limit': func([onTcp, ['value', u8]], done),
      '[method]tcp-socket.receive-buffer-size': func([onTcp], returns(u64)),
      '[method]tcp-socket.set-receive-buffer-size': func([onTcp, ['value', u64]], done),
      '[method]tcp-socket.send-buffer-size': func([onTcp], returns(u64)),
      '[method]tcp-socket.set-send-buffer-size': func([onTcp, ['value', u64]], done),
      '[method]tcp-socket.subscribe': func([onTcp], own(pollable)),
      '[method]tcp-socket.shutdown': func([onTcp, ['shutdown-type', shutdownType]], done),
    },
  },
  'wasi:sockets/udp-create-socket': {
    types: {
      network,
      'error-code': networkError,
      'ip-address-family': family,
      'udp-socket': udpSocket,
    },
    functions: { 'create-udp-socket': func([['address-family', family]], returns(own(udpSocket))) },
  },
  'wasi:sockets/udp': {
    types: {
      pollable,
      network,
      'error-code': networkError,
      'ip-socket-address': socketAddress,
      'ip-address-family': family,
      'incoming-datagram': incomingDatagram,
      'outgoing-datagram': outgoingDatagram,
      'udp-socket': udpSocket,
      'incoming-datagram-stream': incomingDatagramStream,
      'outgoing-datagram-stream': outgoingDatagramStream,
    },
    functions: {
      '[method]udp-socket.start-bind': func([onUdp, onNetwork, ['local-address', socketAddress]], done),
      '[method]udp-socket.finish-bind': func([onUdp], done),
      '[method]udp-socket.stream': func(
        [onUdp, ['remote-address', option(socketAddress)]],
        returns(tuple(own(incomingDatagramStream), own(outgoingDatagramStream))),
      ),
      '[method]udp-socket.local-address': func([onUdp], returns(socketAddress)),
      '[method]udp-socket.remote-address': func([onUdp], returns(socketAddress)),
      '[method]udp-socket.address-family': func([onUdp], family),
      '[method]udp-socket.unicast-hop-limit': func([onUdp], returns(u8)),
      '[method]udp-socket.set-unicast-hop-limit': func([onUdp, ['value', u8]], done),
      '[method]udp-socket.receive-buffer-size': func([onUdp], returns(u64)),
      '[method]udp-socket.set-receive-buffer-size': func([onUdp, ['value', u64]], done),
      '[method]udp-socket.send-buffer-size': func([onUdp], returns(u64)),
      '[method]udp-socket.set-send-buffer-size': func([onUdp, ['value', u64]], done),
      '[method]udp-socket.subscribe': func([onUdp], own(pollable)),
      '[method]incoming-datagram-stream.receive': func(
        [onIncoming, ['max-results', u64]],
        returns(list(incomingDatagram)),
      ),
      '[method]incoming-datagram-stream.subscribe': func([onIncoming], own(pollable)),
      '[method]outgoing-datagram-stream.check-send': func([onOutgoing], returns(u64)),
      '[method]outgoing-datagram-stream.send': func(
        [onOutgoing, ['datagrams', list(outgoingDatagram)]],
        returns(u64),
      ),
      '[method]outgoing-datagram-stream.subscribe': func([onOutgoing], own(pollable)),
    },
  },
} as const satisfies Readonly<Record<string, Interface>>;
