import { element } from './elements.js';

// Long enough to see the colours change.
const SLOW_MILLISECONDS = 45;

/** How fast a copy runs: at full speed, slowly, or step by step. */
export class Pace {
  readonly #next = element('next', HTMLButtonElement);
  readonly #choice: HTMLSelectElement;

  constructor(choice: HTMLSelectElement) {
    this.#choice = choice;
  }

  /** Whether the visitor wants to watch the copy. */
  get isSlow(): boolean {
    return this.#choice.value !== 'full';
  }

  /** Waits until the copy may continue. */
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
      // Each of these ends the waiting.
      this.#next.addEventListener('click', goOn, { once: true });
      this.#choice.addEventListener('change', goOn, { once: true });
      signal.addEventListener('abort', goOn, { once: true });
    });
    this.#next.disabled = true;
  }
}
