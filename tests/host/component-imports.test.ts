// Components whose imports differ from WASI are reported before they are instantiated.

import { readFileSync } from 'node:fs';
import { parse } from '@bytecodealliance/jco';
import { describe, expect, it } from 'vitest';
import { importDifferences } from '../../ts/host/component-imports.js';
import { loadComponent, RefusedError } from '../../ts/host/index.js';
import { rejectionOf } from '../helpers/rejection.js';
import { built } from '../helpers/runtimes.js';

/** The differences of a component in text format. */
const differences = async (text: string) => importDifferences(await parse(`(component ${text})`));

/** A component that imports one interface with this content. */
const importing = (name: string, content: string) =>
  differences(`(type $t (instance ${content})) (import "${name}" (instance (type $t)))`);

it.each([
  ['mapcp.wasm'],
  ['samples/mapped-head.wasm'],
  ['samples/mmapped-files-cpp.wasm'],
  ['guests/calls.wasm'],
])('%s imports WASI as published', (file) => {
  expect(importDifferences(readFileSync(built(...file.split('/'))))).toEqual([]);
});

it('a component without imports has no differences', async () => {
  expect(await differences('')).toEqual([]);
});

const get = '"get-insecure-random-bytes"';
const declares = (what: string, declared: string, has: string) =>
  `the component declares '${what}' as ${declared}; WASI 0.2 has ${has}`;

describe('of a component', () => {
  it.each([
    ['of another release', 'wasi:random/insecure@0.2.9', `(func (param "len" u64) (result (list u8)))`, []],
    [
      'with another type of a parameter',
      'wasi:random/insecure@0.2.0',
      '(func (param "len" s64) (result (list u8)))',
      ['func(len: s64) -> list<u8>'],
    ],
    [
      'with another name of a parameter',
      'wasi:random/insecure@0.2.0',
      '(func (param "length" u64) (result (list u8)))',
      ['func(length: u64) -> list<u8>'],
    ],
    [
      'with one parameter more',
      'wasi:random/insecure@0.2.0',
      '(func (param "len" u64) (param "more" string) (result (list u8)))',
      ['func(len: u64, more: string) -> list<u8>'],
    ],
    [
      'with one parameter less',
      'wasi:random/insecure@0.2.0',
      '(func (result (list u8)))',
      ['func() -> list<u8>'],
    ],
    [
      'with another type of what is returned',
      'wasi:random/insecure@0.2.0',
      '(func (param "len" u64) (result (list (list u64))))',
      ['func(len: u64) -> list<list<u64>>'],
    ],
    ['without a result', 'wasi:random/insecure@0.2.0', '(func (param "len" u64))', ['func(len: u64)']],
    [
      'with a type of any depth',
      'wasi:random/insecure@0.2.0',
      `(func (param "len" u64) (result ${'(list '.repeat(50)}u8${')'.repeat(50)}))`,
      ['func(len: u64) -> list<list<list<list<list<list<list<…>>>>>>>'],
    ],
  ])('a function %s is reported', async (_, name, type, declared) => {
    expect(await importing(name, `(export ${get} ${type})`)).toEqual(
      declared.map((each) =>
        declares('wasi:random/insecure.get-insecure-random-bytes', each, 'func(len: u64) -> list<u8>'),
      ),
    );
  });

  it('an unknown interface is reported by its name', async () => {
    for (const name of ['wasi:http/types@0.2.3', 'wasi:random/insecure@0.3.0', 'evil:plug/in']) {
      expect(await importing(name, '')).toEqual([
        `the component imports '${name}', which this host does not provide`,
      ]);
    }
    expect(await differences('(import "constructor" (func))')).toEqual([
      "the component imports 'constructor', which this host does not provide",
    ]);
  });

  it('unknown functions, constructors and types are reported by their names', async () => {
    const content = `
      (export "descriptor" (type $d (sub resource)))
      (export "[constructor]descriptor" (func (param "fd" u32) (result (own $d))))
      (export "[static]descriptor.constructor" (func (param "code" string) (result u32)))
      (export "[method]descriptor.to-string" (func (param "self" (borrow $d)) (result string)))
      (export "to-string" (func (result string)))
      (type $r (record (field "x" u8)))
      (export "extra" (type (eq $r)))`;
    expect(await importing('wasi:filesystem/types@0.2.0', content)).toEqual(
      [
        ['imports', '[constructor]descriptor'],
        ['imports', '[static]descriptor.constructor'],
        ['imports', '[method]descriptor.to-string'],
        ['imports', 'to-string'],
        ['declares', 'extra'],
      ].map(
        ([does, label]) =>
          `the component ${does} 'wasi:filesystem/types.${label}', which WASI 0.2 does not have`,
      ),
    );
  });

  it.each([
    [
      'datetime',
      '(record (field "seconds" u64) (field "nanoseconds" u64))',
      'record { seconds: u64, nanoseconds: u64 }',
      'record { seconds: u64, nanoseconds: u32 }',
    ],
    [
      'datetime',
      '(record (field "nanoseconds" u32) (field "seconds" u64))',
      'record { nanoseconds: u32, seconds: u64 }',
      'record { seconds: u64, nanoseconds: u32 }',
    ],
    [
      'path-flags',
      '(flags "symlink-follow" "constructor")',
      'flags { symlink-follow, constructor }',
      'flags { symlink-follow }',
    ],
    ['path-flags', '(enum "symlink-follow")', 'enum { symlink-follow }', 'flags { symlink-follow }'],
    ['filesize', 'string', 'string', 'u64'],
    [
      'new-timestamp',
      '(variant (case "no-change") (case "now") (case "timestamp" u64))',
      'variant { no-change, now, timestamp(u64) }',
      'variant { no-change, now, timestamp(datetime) }',
    ],
  ])('a different type is reported: %s', async (label, type, declared, has) => {
    const content = `(type $t ${type}) (export "${label}" (type (eq $t)))`;
    expect(await importing('wasi:filesystem/types@0.2.0', content)).toEqual([
      declares(`wasi:filesystem/types.${label}`, declared, has),
    ]);
  });

  it("a resource that is not the interface's own is reported", async () => {
    const content = `
      (export "input-stream" (type $i (sub resource)))
      (export "get-stdin" (func (result (own $i))))`;
    expect(await importing('wasi:cli/stdin@0.2.0', content)).toEqual([
      declares(
        'wasi:cli/stdin.input-stream',
        'the resource wasi:cli/stdin.input-stream',
        'the resource wasi:io/streams.input-stream',
      ),
      "the component declares 'wasi:cli/stdin.get-stdin' with types that share only their names with WASI 0.2",
    ]);
  });

  it('a name cannot make the message look like another one', () => {
    const name = Buffer.from("a' \u202e\u2028\x1b[2J");
    const bytes = [
      ...preamble,
      0x07,
      3,
      1,
      0x42,
      0,
      0x0a,
      5 + name.length,
      1,
      0,
      name.length,
      ...name,
      0x05,
      0,
    ];
    expect(importDifferences(Uint8Array.from(bytes))).toEqual([
      "the component imports 'a' \\u202e\\u2028\\x1b[2J', which this host does not provide",
    ]);
  });
});

it('renamed types are not imports that a host must give', async () => {
  const text = `
    (type $t (instance (export "pollable" (type (sub resource)))))
    (import "wasi:io/poll@0.2.0" (instance $p (type $t)))
    (alias export $p "pollable" (type $pollable))
    (import "my-pollable" (type $mine (eq $pollable)))
    (type $c (instance (alias outer 1 $mine (type $m)) (export "pollable" (type $p (eq $m)))
      (export "subscribe-instant" (func (param "when" u64) (result (own $p))))))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance (type $c)))`;
  expect(await differences(text)).toEqual([]);
  expect(await differences('(import "mine" (type (sub resource)))')).toEqual([
    "the component imports 'mine', which this host does not provide",
  ]);
});

/** The header of a component. */
const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

it('a component whose imports differ from WASI is not loaded, and the error names the difference', async () => {
  const text = `(component
    (type $t (instance (export ${get} (func (param "len" s64) (result (list u8))))))
    (import "wasi:random/insecure@0.2.0" (instance $i (type $t))))`;
  expect(await rejectionOf(loadComponent(await parse(text)))).toEqual(
    new RefusedError(
      declares(
        'wasi:random/insecure.get-insecure-random-bytes',
        'func(len: s64) -> list<u8>',
        'func(len: u64) -> list<u8>',
      ),
    ),
  );
});

describe('invalid bytes', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', Buffer.from('(component)')],
    ['a module', Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)],
  ])('are refused: %s', (_, bytes) => {
    expect(() => importDifferences(bytes)).toThrow(
      new TypeError('these bytes are not a WebAssembly component'),
    );
  });

  it('are refused if they are cut off or changed, without any side effect', async () => {
    const component = readFileSync(built('mapcp.wasm')).subarray(0, 3000);
    const results = new Set<unknown>();
    for (let at = 0; at < component.length; at++) {
      for (const bytes of [
        component.subarray(0, at),
        Buffer.from(component).fill(component[at] ? 0 : 0xff, at, at + 1),
      ]) {
        try {
          results.add(importDifferences(bytes).every((each) => typeof each === 'string'));
        } catch (error) {
          results.add(Object.getPrototypeOf(error) === TypeError.prototype);
        }
      }
    }
    expect([...results]).toEqual([true]);
  });

  it('are refused if types are nested too deep', () => {
    const nested = [...new Array(100_000).fill([0x42, 0x01, 0x01]).flat(), 0x42, 0x00];
    const size = [
      0x80 | ((nested.length + 1) & 0x7f),
      0x80 | (((nested.length + 1) >> 7) & 0x7f),
      (nested.length + 1) >> 14,
    ];
    const bytes = Uint8Array.from([...preamble, 0x07, ...size, 0x01, ...nested]);
    expect(() => importDifferences(bytes)).toThrow('types are nested too deeply');
  });
});
