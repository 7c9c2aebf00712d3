// The resources of one host. For each, a component's bindings get an object that carries a number and nothing else.
// jco makes some of these objects itself, around a number from its tables.
//
// A component chooses the types of its imports, so it can have a number of one kind of resource looked up as another
// kind. And jco does not check that a handle is still in use before it passes its number on. Neither may lead to
// something that this component did not get. So all kinds of a host share one sequence of numbers. A number that an
// instance has in its own tables is used again by that instance only. An object for any other number is valid only if
// this host made it.

import { dispose } from '../common/dispose.js';
import { endComponent } from './trap.js';
import type { Closable, Resource } from './wit.js';

/** The property in which jco looks for a resource's number. */
export const cabiRep: unique symbol = Symbol.for('cabiRep') as never;

/** The static method that jco calls to drop a resource that it knows by number alone. */
const cabiDispose: unique symbol = Symbol.for('cabiDispose') as never;

/** Marks the objects that a host made. */
const madeByHost = Symbol('made by the host');

/** The numbers of resources that one instance of a component dropped, and that it gets again. */
export type FreeReps = number[];

/** What one number stands for. */
interface Entry {
  readonly kind: Resource;
  readonly held: Closable;
  readonly free: FreeReps;
}

/**
 * The resources of one kind as the border needs them: finds the resource behind an object, and makes an object for
 * one.
 */
export interface ResourceObjects {
  /** The class that bindings get. */
  readonly class: ResourceClass;
  /** See `Resources.add`. */
  add(held: Closable, free?: FreeReps): number;
  /** See `Resources.has`. */
  has(rep: number): boolean;
  /** See `Resources.get`. */
  get(rep: number): Closable;
  /** See `Resources.wrap`. */
  wrap(held: Closable): object;
  /** See `Resources.unwrap`. */
  unwrap(object: unknown): Closable;
}

/** The class that bindings get for a kind of resource. */
export type ResourceClass = (abstract new () => object) & { readonly prototype: object };

/**
 * The default maximum number of resources that a host holds at once. Each takes some hundred bytes of JavaScript's
 * heap, and when that is full the whole process ends.
 */
export const MOST_RESOURCES = 65_536;

/** The numbers of one host. Each stands for one resource of one kind, or for none. */
export class ResourceTable {
  readonly #most: number;
  #count = 0;
  // Zero is not used, because jco would take it for no number.
  readonly #entries: (Entry | undefined)[] = [undefined];
  /** The free numbers of resources that bindings get as objects. */
  readonly #free: FreeReps = [];
  readonly #kinds = new Map<Resource, ResourceObjects>();

  /** Allows at most `most` resources at once. */
  constructor(most = MOST_RESOURCES) {
    this.#most = most;
  }

  /** How many resources the host holds. */
  get count(): number {
    return this.#count;
  }

  /**
   * Returns a number for `held`, which is owned here from now on. Numbers are used again, because jco has 30 bits for
   * them. One too many ends the component.
   *
   * @param kind the kind of resource
   * @param free the free numbers of the instance that gets it as a number; left out if bindings get an object
   */
  add(kind: Resource, held: Closable, free: FreeReps = this.#free): number {
    if (this.#count >= this.#most) {
      held.close();
      endComponent(`the component holds ${this.#most} resources, the maximum (maxResources)`);
    }
    const rep = free.pop() ?? this.#entries.length;
    this.#entries[rep] = { kind, held, free };
    this.#count += 1;
    return rep;
  }

  /** Returns what `rep` stands for, if it is of this kind. */
  get(kind: Resource, rep: number): Closable | undefined {
    const entry = this.#entries[rep];
    return entry?.kind === kind ? entry.held : undefined;
  }

  /** Whether an instance got `rep` as a number, and not as an object. */
  isNumber(rep: number): boolean {
    const entry = this.#entries[rep];
    return entry !== undefined && entry.free !== this.#free;
  }

  /**
   * Closes what `rep` stands for, if it is of this kind. If that throws, as at the end of the stack, it stays held.
   */
  drop(kind: Resource, rep: number): void {
    const entry = this.#entries[rep];
    if (entry?.kind === kind) {
      entry.held.close();
      this.#entries[rep] = undefined;
      this.#count -= 1;
      entry.free.push(rep);
    }
  }

  /** Closes everything of this kind. */
  clear(kind: Resource): void {
    for (const rep of this.#entries.keys()) {
      this.drop(kind, rep);
    }
  }

  /** Returns the resources of a kind. Throws an `Error` if this host has none of that kind. */
  of(kind: Resource): ResourceObjects {
    const found = this.#kinds.get(kind);
    if (found === undefined) {
      throw new Error(`this host has no ${kind.name}`);
    }
    return found;
  }

  /** Adds the resources of a kind, for `of`. */
  register(kind: Resource, resources: ResourceObjects): void {
    this.#kinds.set(kind, resources);
  }
}

/** One kind of resource of one host. */
export class Resources<T extends Closable> implements ResourceObjects {
  /** The class that bindings get. It has no methods yet. */
  readonly class: ResourceClass;
  readonly #table: ResourceTable;
  readonly #kind: Resource<T>;
  readonly #whenGone: () => never;

  /** `whenGone` throws the error that a guest gets for a resource that no longer exists. */
  constructor(table: ResourceTable, kind: Resource<T>, whenGone: () => never) {
    this.#table = table;
    this.#kind = kind;
    this.#whenGone = whenGone;
    this.class = bareClass(kind.name, (rep) => this.drop(rep));
    table.register(kind, this);
  }

  /** As `ResourceTable.add`. */
  add(held: T, free?: FreeReps): number {
    return this.#table.add(this.#kind, held, free);
  }

  /** Whether `rep` stands for one of them. */
  has(rep: number): boolean {
    return this.#table.get(this.#kind, rep) !== undefined;
  }

  /** Returns what `rep` stands for. Throws if it no longer exists. */
  get(rep: number): T {
    // Only `add` puts something in, and that is of this kind.
    return (this.#table.get(this.#kind, rep) as T | undefined) ?? this.#whenGone();
  }

  /** Returns an object for `held`, which is owned here from now on. */
  wrap(held: T): object {
    const object = Object.create(this.class.prototype);
    object[cabiRep] = this.add(held);
    object[madeByHost] = true;
    return object;
  }

  /** Returns what an object stands for. Throws if that no longer exists, is of another kind, or is another host's. */
  unwrap(object: unknown): T {
    const isOurs = typeof object === 'object' && object instanceof this.class;
    const rep: unknown = isOurs ? Reflect.get(object, cabiRep) : undefined;
    const isValid =
      isOurs && typeof rep === 'number' && (Reflect.has(object, madeByHost) || this.#table.isNumber(rep));
    return this.get(isValid ? rep : 0);
  }

  /** Closes what `rep` stands for. Does nothing if it no longer exists. */
  drop(rep: number): void {
    this.#table.drop(this.#kind, rep);
  }

  /** Closes everything. */
  clear(): void {
    this.#table.clear(this.#kind);
  }
}

/**
 * Makes a class of which a component can reach nothing but what is put into its prototype. WASI's resources have no
 * constructors and no static functions, but a component may declare some, and jco would call those that every
 * JavaScript class has.
 */
function bareClass(name: string, drop: (rep: number) => void): ResourceClass {
  class Bare {
    static [cabiDispose](rep: number): void {
      drop(rep);
    }

    [cabiRep] = 0;

    constructor() {
      endComponent(`the component makes a resource '${name}', which only the host can do`);
    }

    [dispose](): void {
      drop(this[cabiRep]);
      // Without this, a second call would drop another resource that has got the same number.
      this[cabiRep] = 0;
    }
  }
  for (const [object, inherited] of [
    [Bare, ['name', 'length']],
    [Bare.prototype, ['constructor']],
  ] as const) {
    Object.setPrototypeOf(object, null);
    for (const property of inherited) {
      Reflect.deleteProperty(object, property);
    }
  }
  return Bare;
}
