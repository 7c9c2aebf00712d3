import { element } from './elements.js';

// Long enough to see the colours change.
const SLOW_MILLISECONDS = 45;

// A visitor watches no longer.
const WHOLE_MILLISECONDS = 12_000;

// Shorter pauses cannot be seen. Then the copy runs at full speed.
const SHORTEST_MILLISECONDS = 10;

/** How fast a copy runs: at full speed, slowly, or step by step. */
export class Pace {
  readonly #next = element('next', HTMLButtonElement);
  readonly #choice: HTMLSelectElement;
  #pause = SLOW_MILLISECONDS;

  constructor(choice: HTMLSelectElement) {
    this.#choice = choice;
  }

  /** Whether the visitor wants to watch the copy, and can. */
  get isSlow(): boolean {
    const { value } = this.#choice;
    return value === 'step' || (value === 'slow' && this.#pause >= SHORTEST_MILLISECONDS);
  }

  /** Begins a copy of this many windows. */
  begin(windows: number): void {
    this.#pause = Math.min(SLOW_MILLISECONDS, WHOLE_MILLISECONDS / (2 * Math.max(windows, 1)));
  }

  /** Waits until the copy may continue. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.isSlow) {
      return;
    }
    if (this.#choice.value === 'slow') {
      await new Promise((resolve) => setTimeout(resolve, this.#pause));
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
