// The instances of the component that the copies of a sandbox use. The adapter of WASI preview 1 has a table of 128
// descriptors in each instance. So copies that run at the same time share an instance only if it has room for all.

import type { Component } from '../jobs/component.js';

/** The size of the adapter's table. */
const TABLE = 128;

/** The standard streams, and what a copy holds only during its steps. One copy of an instance steps at a time. */
const OWN = 3 + 9;

/** What a copy of a tree holds at most: directories at up to 10,000 levels, on both sides, and a file on each. */
const HELD_BY_TREE = 48;

/** What a copy of a file holds: the source and the temporary file. */
const HELD_BY_FILE = 2;

/** An instance of the component. */
interface Member {
  /** A promise, because copies that begin at the same time share an instance that is still being made. */
  readonly component: Promise<Component>;
  /** How many descriptors more it has room for. Negative if a copy may need more than any instance has. */
  room: number;
}

/** An instance for one copy. */
export interface Use {
  readonly component: Component;
  /** Ends the use. Must be called once. */
  end(): void;
}

/** The instances of a sandbox. All of them live until the sandbox is forgotten. */
export class Components {
  /** The first instance, for calls that hold nothing afterwards. */
  readonly first: Component;
  readonly #members: Set<Member>;
  readonly #make: () => Promise<Component>;
  readonly #room: number;

  /**
   * @param first the first instance
   * @param make makes another one
   * @param preopens how many directories each instance holds
   */
  constructor(first: Component, make: () => Promise<Component>, preopens: number) {
    this.first = first;
    this.#room = TABLE - OWN - preopens;
    this.#members = new Set([{ component: Promise.resolve(first), room: this.#room }]);
    this.#make = make;
  }

  /**
   * Returns an instance that has room for a copy, and keeps that room until the use ends.
   *
   * @param isTree whether the copy may walk a tree
   */
  async take(isTree: boolean): Promise<Use> {
    const held = isTree ? HELD_BY_TREE : HELD_BY_FILE;
    const member = [...this.#members].find(({ room }) => room >= held) ?? this.#another();
    member.room -= held;
    return {
      component: await member.component,
      end: () => {
        member.room += held;
      },
    };
  }

  /** Begins to make another instance. If that fails, its copies get the first one, whose room is often enough. */
  #another(): Member {
    const component = this.#make().catch(() => {
      this.#members.delete(member);
      return this.first;
    });
    const member = { component, room: this.#room };
    this.#members.add(member);
    return member;
  }
}
