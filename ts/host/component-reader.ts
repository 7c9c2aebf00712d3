// The bytes of a component.

/** Refuses a component that cannot be read: throws a TypeError with the reason. */
export function unreadable(why: string): never {
  throw new TypeError(`this component cannot be read: ${why}`);
}

/** Reads a component, or a part of one, from start to end. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  fail(why: string): never {
    return unreadable(`${why}, at byte ${this.#at}`);
  }

  expectEnd(): void {
    if (!this.isAtEnd) {
      this.fail('a section is longer than its content');
    }
  }

  /** Reads the next byte if it is this one. Returns whether it was. */
  isNext(byte: number): boolean {
    const isIt = this.#at < this.#end && this.#bytes[this.#at] === byte;
    this.#at += isIt ? 1 : 0;
    return isIt;
  }

  byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) {
      return this.fail('it ends too early');
    }
    this.#at += 1;
    return byte;
  }

  /** Reads the next byte. Fails unless it is this one. */
  expect(byte: number): void {
    if (this.byte() !== byte) {
      this.fail(`it needs a 0x${byte.toString(16)}`);
    }
  }

  /**
   * Reads a LEB128 number of 32 bits, whose first byte may have been read already. The use of a type is encoded as a
   * signed number; negative ones are primitive types.
   */
  number(first = this.byte(), isSigned = false): number {
    let value = 0;
    let byte = first;
    for (let shift = 0; ; shift += 7) {
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        const isNegative = isSigned && byte >= 0x40;
        return value < 2 ** 32 && !isNegative ? value : this.fail('a number is too large');
      }
      byte = shift < 28 ? this.byte() : this.fail('a number is too long');
    }
  }

  list<T>(read: () => T): T[] {
    const count = this.number();
    // Each takes at least one byte.
    return count <= this.#end - this.#at
      ? Array.from({ length: count }, read)
      : this.fail('a list is longer than the rest of its part');
  }

  name(): string {
    const part = this.part(this.number());
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part.rest());
    } catch {
      return this.fail('a name is not UTF-8');
    }
  }

  /** Reads the name of an import or an export. */
  externName(): string {
    // 1 marked the names of interfaces, and now means the same as 0.
    const kind = this.byte();
    return kind === 0 || kind === 1 ? this.name() : this.fail('a name has an unknown form');
  }

  optional<T>(read: () => T): T | undefined {
    const flag = this.byte();
    return flag === 0
      ? undefined
      : flag === 1
        ? read()
        : this.fail('an optional part is neither present nor absent');
  }

  /** Splits off the next `length` bytes. */
  part(length: number): Reader {
    if (length > this.#end - this.#at) {
      this.fail('a part is longer than the rest of the component');
    }
    const start = this.#at;
    this.#at += length;
    return new Reader(this.#bytes, start, this.#at);
  }

  /** Reads all remaining bytes. */
  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#end;
    return this.#bytes.subarray(start, this.#end);
  }
}
