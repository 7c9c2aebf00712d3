/** The files and links that several copies have made, in the component's form: three numbers for each. */
export class Made {
  #numbers = new BigUint64Array(64);
  #count = 0;

  /** All numbers so far. */
  get numbers(): BigUint64Array {
    return this.#numbers.subarray(0, this.#count);
  }

  /** Adds the files and links that another job has made. */
  add(numbers: BigUint64Array): void {
    const count = this.#count + numbers.length;
    if (count > this.#numbers.length) {
      const larger = new BigUint64Array(2 * count);
      larger.set(this.numbers);
      this.#numbers = larger;
    }
    this.#numbers.set(numbers, this.#count);
    this.#count = count;
  }
}
