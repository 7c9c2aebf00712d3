import type { CopyProgress, FileCall, Preopen, Sandbox } from 'mapcp/browser';
import { showCode } from './code.js';
import { copyAll, openSandbox } from './copying.js';
import { element } from './elements.js';
import { setUpEscapes } from './escapes.js';
import { bytes, counted } from './format.js';
import { Pace } from './pace.js';
import { sampleTree } from './sample.js';
import { canPick, dropped, pick, treeOf } from './sources.js';
import { Strip } from './strip.js';
import { showTree, sizesIn } from './tree-view.js';

const form = element('options', HTMLFormElement);
const start = element('start', HTMLButtonElement);
const stop = element('stop', HTMLButtonElement);
const bar = element('bar', HTMLProgressElement);
const figures = element('figures', HTMLElement);
const status = element('status', HTMLElement);
const sourceTree = element('source-tree', HTMLElement);
const targetTree = element('target-tree', HTMLElement);
const strip = new Strip();

function choice(name: string): HTMLSelectElement {
  return form.elements.namedItem(name) as HTMLSelectElement;
}

const pace = new Pace(choice('pace'));
const memory = (): Preopen => ({ tree: { dir: {} }, access: 'read-write' });

let preopens: { source: Preopen; target: Preopen } = {
  source: { tree: sampleTree(), access: 'read' },
  target: memory(),
};
let sandbox: Sandbox | undefined;
let sizes = new Map<string, number>();
let abort = new AbortController();
let running = Promise.resolve();

function say(text: string, isError = false): void {
  status.textContent = text;
  status.classList.toggle('error', isError);
}

/** Runs the action of a button, and shows an error on the page. */
async function doing(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), true);
  }
}

/** Opens other directories for the next copy. */
async function use(other: Partial<typeof preopens>): Promise<void> {
  abort.abort();
  await running;
  start.disabled = true;
  try {
    sandbox?.close();
    preopens = { ...preopens, ...other };
    sandbox = await openSandbox({ '/in': preopens.source, '/out': preopens.target }, { watch });
    await showSides();
    say('Ready: press Copy.');
  } finally {
    start.disabled = false;
  }
}

async function showSides(): Promise<void> {
  if (sandbox !== undefined) {
    const source = await sandbox.tree('/in');
    sizes = sizesIn(source, '/in');
    showTree(sourceTree, source);
    showTree(targetTree, await sandbox.tree('/out'));
  }
}

/** Shows the reads and writes of a step, one after the other. */
async function watch(calls: readonly FileCall[]): Promise<void> {
  const isSource = ({ path }: FileCall) => path.startsWith('/in/');
  const reads = calls.filter((call) => call.kind === 'read' && isSource(call));
  for (const read of reads) {
    if (!strip.shows(read.path) || read.offset === 0) {
      strip.begin(read.path, sizes.get(read.path) ?? read.length, Number(choice('window').value));
    }
    strip.map(read);
  }
  if (reads.length > 0) {
    await pace.wait(abort.signal);
  }
  const writes = calls.filter(({ kind }) => kind === 'write');
  writes.forEach((write) => {
    strip.write(write);
  });
  if (writes.length > 0) {
    await pace.wait(abort.signal);
  }
  reads.forEach((read) => {
    strip.unmap(read);
  });
}

let files = 0;

async function tell(progress: CopyProgress, started: number): Promise<void> {
  const { bytesDone, bytesTotal, filesDone, currentPath } = progress;
  bar.max = Math.max(bytesTotal ?? bytesDone, 1);
  bar.value = bytesTotal === 0 ? 1 : bytesDone;
  const rate = bytesDone / Math.max((performance.now() - started) / 1000, 0.001);
  figures.textContent = `${bytes(bytesDone)} of ${bytes(bytesTotal ?? bytesDone)} · ${bytes(rate)}/s · ${currentPath}`;
  if (filesDone !== files && pace.isSlow && sandbox !== undefined) {
    files = filesDone;
    showTree(targetTree, await sandbox.tree('/out'));
  }
}

async function copy(current: Sandbox): Promise<void> {
  abort = new AbortController();
  const started = performance.now();
  say('Copying …');
  const report = await copyAll(
    current,
    {
      windowSize: Number(choice('window').value),
      symlinks: choice('symlinks').value as 'preserve' | 'follow' | 'skip',
      overwrite: choice('overwrite').value as 'always' | 'never' | 'newer' | 'error',
      verify: (form.elements.namedItem('verify') as HTMLInputElement).checked,
      signal: abort.signal,
    },
    (progress) => void doing(() => tell(progress, started)),
  );
  await showSides();
  const skipped = report.skipped > 0 ? `, ${report.skipped} left out` : '';
  say(
    `Copied ${counted(report.files, 'file')} and ${counted(report.directories, 'directory', 'directories')}, ` +
      `${bytes(report.bytes)}${skipped}. Each file got its name when it was complete.`,
  );
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  running = doing(async () => {
    if (sandbox === undefined) {
      return;
    }
    start.disabled = true;
    stop.disabled = false;
    try {
      await copy(sandbox);
    } catch (error) {
      await showSides();
      say(
        abort.signal.aborted ? 'Stopped. Complete files stay, and no partial file is left.' : String(error),
        !abort.signal.aborted,
      );
    } finally {
      start.disabled = false;
      stop.disabled = true;
    }
  });
});

stop.addEventListener('click', () => abort.abort());

function onClick(id: string, act: () => Promise<void>): void {
  element(id, HTMLButtonElement).addEventListener('click', () => void doing(act));
}

onClick('use-sample', () => use({ source: { tree: sampleTree(), access: 'read' } }));
onClick('use-memory', () => use({ target: memory() }));
onClick('use-storage', async () => {
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle('mapcp', { create: true });
  await use({ target: { directory, access: 'read-write' } });
});

const input = element('source-files', HTMLInputElement);
input.webkitdirectory = true;
input.addEventListener('change', () => {
  void doing(() => use({ source: { tree: treeOf(input.files ?? []), access: 'read' } }));
});
onClick('pick-source', async () => {
  if (!canPick) {
    input.click();
    return;
  }
  const source = await pick('read');
  await (source && use({ source }));
});
element('pick-target', HTMLButtonElement).hidden = !canPick;
onClick('pick-target', async () => {
  const target = await pick('read-write');
  await (target && use({ target }));
});

const side = element('source', HTMLElement);
side.addEventListener('dragover', (event) => {
  event.preventDefault();
  side.classList.add('dropping');
});
side.addEventListener('dragleave', () => side.classList.remove('dropping'));
side.addEventListener('drop', (event) => {
  event.preventDefault();
  side.classList.remove('dropping');
  const items = event.dataTransfer?.items;
  void doing(async () => {
    await (items && use({ source: { tree: await dropped(items), access: 'read' } }));
  });
});

showCode();
await doing(async () => {
  await Promise.all([use({}), setUpEscapes()]);
});
document.documentElement.dataset.ready = '';
