// The resources of one host, by number. A number is all that a component's bindings are sure to keep of one.
//
// A component chooses the types of its imports, so it can have a number of one kind of resource looked up as another
// kind, and jco does not check that a handle is still in use before it passes its number on. Neither must lead to
// something that this component was not given. So all kinds of a host share one row of numbers, and a number that an
// instance has in its own tables is used again by that instance only.

/** The property under which jco looks for a resource's number. */
export const cabiRep: unique symbol = Symbol.for('cabiRep') as never;

/** The static method by which jco drops a resource that it knows by number alone. */
const cabiDispose: unique symbol = Symbol.for('cabiDispose') as never;

/** What a number stands for. */
export interface Closable {
  /** Lets go of what it holds. Called once. */
  close(): void;
}

/** The numbers that one instance of a component has given back, and gets again. */
export type FreeNumbers = number[];

/** What one number stands for. */
interface Entry {
  readonly kind: object;
  readonly held: Closable;
  readonly free: FreeNumbers;
}

/** The numbers of one host. Each stands for one resource of one kind, or for none. */
export class Numbers {
  // Zero is no number: jco would take it for none.
  readonly #entries: (Entry | undefined)[] = [undefined];
  /** Those that are free again of the resources that bindings get as objects. */
  readonly #free: FreeNumbers = [];

  /**
   * A number for `held`, owned here from now on. Numbers are used again, since jco has 30 bits for them.
   *
   * @param kind the kind of resource
   * @param free the free numbers of the instance that gets it as a number; left out where it gets an object
   */
  add(kind: object, held: Closable, free: FreeNumbers = this.#free): number {
    const rep = free.pop() ?? this.#entries.length;
    this.#entries[rep] = { kind, held, free };
    return rep;
  }

  /** What `rep` stands for, if it is of this kind. */
  get(kind: object, rep: number): Closable | undefined {
    const entry = this.#entries[rep];
    return entry?.kind === kind ? entry.held : undefined;
  }

  /** Closes what `rep` stands for, if it is of this kind. */
  drop(kind: object, rep: number): void {
    const entry = this.#entries[rep];
    if (entry?.kind === kind) {
      this.#entries[rep] = undefined;
      entry.free.push(rep);
      entry.held.close();
    }
  }

  /** Closes everything of this kind. */
  clear(kind: object): void {
    for (const rep of this.#entries.keys()) {
      this.drop(kind, rep);
    }
  }
}

/** One kind of resource of one host. */
export class Resources<T extends Closable> {
  readonly #numbers: Numbers;
  #class: (abstract new () => object) | undefined;
  readonly #whenGone: () => never;

  /** `whenGone` throws what a guest gets for a resource that is no more. */
  constructor(numbers: Numbers, whenGone: () => never) {
    this.#numbers = numbers;
    this.#whenGone = whenGone;
  }

  /** As `Numbers.add`. */
  add(held: T, free?: FreeNumbers): number {
    return this.#numbers.add(this, held, free);
  }

  /** What `rep` stands for; throws when it is gone. */
  get(rep: number): T {
    // Only `add` puts in what is of this kind.
    return (this.#numbers.get(this, rep) as T | undefined) ?? this.#whenGone();
  }

  /** What the number that `resource` carries stands for; throws when it is gone, or is another host's. */
  of(resource: object): T {
    const isOurs = this.#class !== undefined && resource instanceof this.#class;
    const rep: unknown = isOurs ? Reflect.get(resource, cabiRep) : undefined;
    return this.get(typeof rep === 'number' ? rep : 0);
  }

  /** Has the numbers carried by instances of this class, and of no other. */
  carriedBy(resource: abstract new () => object): void {
    this.#class = resource;
  }

  /** Closes what `rep` stands for; nothing where it is gone already. */
  drop(rep: number): void {
    this.#numbers.drop(this, rep);
  }

  /** Closes everything. */
  clear(): void {
    this.#numbers.clear(this);
  }
}

/**
 * The base of the class that a component's bindings get for a resource. Its instances carry the number and nothing
 * else, because jco makes some of them itself, around a number from the component's memory.
 */
export function resourceClass<T extends Closable>(resources: Resources<T>): new (held?: T) => Disposable {
  class Resource {
    [cabiRep]: number;

    static [cabiDispose](rep: number): void {
      resources.drop(rep);
    }

    // Nothing to hold is for whoever makes one from outside, and gets what is gone from the start.
    constructor(held?: T) {
      this[cabiRep] = held === undefined ? 0 : resources.add(held);
    }

    [Symbol.dispose](): void {
      resources.drop(this[cabiRep]);
      // So that a second time does not drop another resource that has been given the same number.
      this[cabiRep] = 0;
    }
  }
  resources.carriedBy(Resource);
  return Resource;
}
