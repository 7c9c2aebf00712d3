// The resources of one host, by number. A number is all that a component's bindings are sure to keep of one.

/** The property under which jco looks for a resource's number. */
export const cabiRep: unique symbol = Symbol.for('cabiRep') as never;

/** The static method by which jco drops a resource that it knows by number alone. */
const cabiDispose: unique symbol = Symbol.for('cabiDispose') as never;

/** What a number stands for. */
export interface Closable {
  /** Lets go of what it holds. Called once. */
  close(): void;
}

/** One kind of resource of one host. */
export class Resources<T extends Closable> {
  // Zero is no number: jco would take it for none.
  readonly #held: (T | undefined)[] = [undefined];
  readonly #free: number[] = [];
  #class: (abstract new () => object) | undefined;
  readonly #whenGone: () => never;

  /** `whenGone` throws what a guest gets for a resource that is no more. */
  constructor(whenGone: () => never) {
    this.#whenGone = whenGone;
  }

  /** A number for `held`, owned here from now on. Numbers are used again, since jco has 30 bits for them. */
  add(held: T): number {
    const rep = this.#free.pop() ?? this.#held.length;
    this.#held[rep] = held;
    return rep;
  }

  /** What `rep` stands for; throws when it is gone. */
  get(rep: number): T {
    return this.#held[rep] ?? this.#whenGone();
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
    const held = this.#held[rep];
    if (held !== undefined) {
      this.#held[rep] = undefined;
      this.#free.push(rep);
      held.close();
    }
  }

  /** Closes everything. */
  clear(): void {
    for (const rep of this.#held.keys()) {
      this.drop(rep);
    }
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
