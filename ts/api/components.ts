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
  readonly component: Component;
  /** How many descriptors more it has room for. Negative if it must hold more than it may have room for. */
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
  readonly #members: Member[];
  readonly #make: () => Promise<Component>;
  readonly #room: number;

  /**
   * @param first the first instance
   * @param make makes another one
   * @param preopens how many directories each instance holds
   */
  constructor(first: Component, make: () => Promise<Component>, preopens: number) {
    this.#room = TABLE - OWN - preopens;
    this.#members = [{ component: first, room: this.#room }];
    this.#make = make;
  }

  /** The first instance, for calls that hold nothing afterwards. */
  get first(): Component {
    return (this.#members[0] as Member).component;
  }

  /**
   * Returns an instance that has room for a copy, and keeps that room until the use ends.
   *
   * @param isTree whether the copy may walk a tree
   */
  async take(isTree: boolean): Promise<Use> {
    const held = isTree ? HELD_BY_TREE : HELD_BY_FILE;
    const member = this.#members.find(({ room }) => room >= held) ?? (await this.#another());
    member.room -= held;
    return {
      component: member.component,
      end: () => {
        member.room += held;
      },
    };
  }

  /** Makes another instance. If that fails, returns the one with the most room, which is often enough. */
  async #another(): Promise<Member> {
    try {
      const member = { component: await this.#make(), room: this.#room };
      this.#members.push(member);
      return member;
    } catch {
      return this.#members.reduce((one, other) => (one.room < other.room ? other : one));
    }
  }
}
