import type { Walker } from '../../ts/host/walker.js';

const cabiLower = Symbol.for('cabiLower');

/** Parameters in the canonical ABI. */
export type Flat = (number | bigint)[];

/** A method in its lowered form. */
export type Lowered = (...flat: Flat) => number | undefined;

/** Called for each call: `lowered` after one in the component's memory, `passed` before one with lists. */
interface Watcher {
  lowered(name: string, flat: Flat, memory: DataView): void;
  passed(name: string): void;
}

/** Puts a watcher in front of every method of a class, in lowered and in ordinary form. */
export function watchCalls(prototype: object, watcher: Watcher): void {
  for (const name of Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')) {
    const method = Reflect.get(prototype, name);
    const lower = method[cabiLower];
    const watched = function (this: unknown, ...args: unknown[]) {
      watcher.passed(name);
      return method.apply(this, args);
    };
    if (lower) {
      Reflect.set(watched, cabiLower, (context: { memory: { buffer: ArrayBuffer } }) => {
        const inner: Lowered = lower(context);
        return (...flat: Flat) => {
          const result = inner(...flat);
          watcher.lowered(name, flat, new DataView(context.memory.buffer));
          return result;
        };
      });
    }
    Object.defineProperty(prototype, name, { value: watched, configurable: true });
  }
}

/** Counts events by their names. */
export class Counter extends Map<string, number> {
  count(name: string, amount = 1): void {
    this.set(name, (this.get(name) ?? 0) + amount);
  }
}

/** The same walker, with the calls counted that a copy of many files makes. */
export function counted(walker: Walker, counter: Counter): Walker {
  const count = <Arguments extends unknown[], Result>(
    name: string,
    act: (...given: Arguments) => Result,
  ): ((...given: Arguments) => Result) => {
    return (...given) => {
      counter.count(name);
      return act(...given);
    };
  };
  return {
    ...walker,
    enter: count('enter', walker.enter),
    open: count('open', walker.open),
    look: count('look', walker.look),
    list: count('list', walker.list),
    rename: count('rename', walker.rename),
  };
}
