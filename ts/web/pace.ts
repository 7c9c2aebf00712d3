import { element } from './elements.js';

// Long enough to see one colour follow another.
const SLOW_MILLISECONDS = 45;

/** How fast a copy goes on: as it can, slowly, or when somebody says so. */
export class Pace {
  readonly #next = element('next', HTMLButtonElement);
  readonly #choice: HTMLSelectElement;

  constructor(choice: HTMLSelectElement) {
    this.#choice = choice;
  }

  /** Whether the copy is to be watched. */
  get isSlow(): boolean {
    return this.#choice.value !== 'full';
  }

  /** Waits until the copy may go on. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.isSlow) {
      return;
    }
    if (this.#choice.value === 'slow') {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MILLISECONDS));
      return;
    }
    this.#next.disabled = false;
    await new Promise<void>((resolve) => {
      const goOn = () => resolve();
      // Whatever ends the waiting ends it for all.
      this.#next.addEventListener('click', goOn, { once: true });
      this.#choice.addEventListener('change', goOn, { once: true });
      signal.addEventListener('abort', goOn, { once: true });
    });
    this.#next.disabled = true;
  }
}
