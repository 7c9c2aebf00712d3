import type { FileCall } from 'mapcp/browser';
import { element, make } from './elements.js';
import { bytes } from './format.js';

/** The state of a window. */
type State = 'mapped' | 'written' | 'hole' | 'done';

// More cells would be too narrow to see. If a file has more windows, a cell stands for several.
const MOST_CELLS = 160;

/** The windows of a file, side by side. */
export class Strip {
  readonly #place = element('strip', HTMLDivElement);
  readonly #file = element('strip-file', HTMLElement);
  readonly #figures = element('strip-figures', HTMLElement);
  #path = '';
  #size = 0;
  #windowSize = 1;
  #cells: HTMLElement[] = [];
  #written = new Set<HTMLElement>();

  /** Shows a file with no window mapped. */
  begin(path: string, size: number, windowSize: number): void {
    this.#path = path;
    this.#size = size;
    this.#windowSize = windowSize;
    this.#written.clear();
    const count = Math.min(MOST_CELLS, Math.ceil(size / windowSize));
    this.#cells = Array.from({ length: count }, () => make('i', 'cell'));
    this.#place.replaceChildren(...this.#cells);
    this.#file.textContent = path;
    this.#tell(0, 0);
  }

  /** Whether this file is shown. */
  shows(path: string): boolean {
    return this.#path === path;
  }

  /** Shows that the component has read a window of the file into memory. */
  map({ offset, length }: FileCall): void {
    this.#set(offset, 'mapped');
    this.#tell(offset, length);
  }

  /** Shows that the component has written a window, or a part of it. */
  write({ offset }: FileCall): void {
    const cell = this.#cellAt(offset);
    if (cell !== undefined) {
      this.#written.add(cell);
    }
    this.#set(offset, 'written');
  }

  /** Shows that the component has unmapped a window. */
  unmap({ offset }: FileCall): void {
    const cell = this.#cellAt(offset);
    this.#set(offset, cell !== undefined && this.#written.has(cell) ? 'done' : 'hole');
    this.#tell(offset, 0);
  }

  #cellAt(offset: number): HTMLElement | undefined {
    return this.#cells[Math.floor((offset / Math.max(this.#size, 1)) * this.#cells.length)];
  }

  #set(offset: number, state: State): void {
    const cell = this.#cellAt(offset);
    if (cell !== undefined) {
      cell.className = `cell ${state}`;
    }
  }

  #tell(offset: number, mapped: number): void {
    const count = Math.ceil(this.#size / this.#windowSize);
    const number = Math.min(count, Math.floor(offset / this.#windowSize) + 1);
    const figures = `window ${number} of ${count} · ${bytes(mapped)} of ${bytes(this.#size)} in memory`;
    this.#figures.textContent = figures;
    this.#place.setAttribute('aria-label', `${this.#path}: ${figures}`);
  }
}
