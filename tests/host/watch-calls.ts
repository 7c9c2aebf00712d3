import type { Walker } from '../../ts/host/walker.js';

const cabiLower = Symbol.for('cabiLower');

/** Parameters as the canonical ABI passes them. */
export type Flat = (number | bigint)[];

/** A method in its lowered form. */
export type Lowered = (...flat: Flat) => number | undefined;

/** What is told of each call: `lowered` after one in the component's memory, `passed` before one with lists. */
interface Watcher {
  lowered(name: string, flat: Flat, memory: DataView): void;
  passed(name: string): void;
}

/** Puts a watcher in front of every method of a class, in the form in which it is lowered and in the other. */
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

/** Counts how often each is done, by its name. */
export class Counter extends Map<string, number> {
  /** Counts one. */
  count(name: string, amount = 1): void {
    this.set(name, (this.get(name) ?? 0) + amount);
  }
}

/** The same walker, with what it is asked for counted: each is a way that the system has to look up. */
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
    at: count('at', walker.at) as Walker['at'],
  };
}
