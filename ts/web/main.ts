import type { CopyProgress, FileCall, Preopen, Sandbox } from 'mapcp/browser';
import { showCode } from './code.js';
import { copyAll, openSandbox } from './copying.js';
import { download } from './download.js';
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
const next = element('next', HTMLButtonElement);
const save = element('save', HTMLButtonElement);
const empty = element('empty', HTMLButtonElement);
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

/** The directory of this page in the browser's storage. */
async function storage(): Promise<FileSystemDirectoryHandle> {
  if (navigator.storage?.getDirectory === undefined) {
    throw new Error('this page has no storage, because it was not loaded over https');
  }
  return (await navigator.storage.getDirectory()).getDirectoryHandle('mapcp', { create: true });
}

/** How the target can be emptied; undefined if it is a directory that the visitor picked. */
type Emptying = (() => Promise<void>) | undefined;

interface Sides {
  readonly source: Preopen;
  readonly target: Preopen;
  readonly emptying: Emptying;
}

const toMemory = (): Pick<Sides, 'target' | 'emptying'> => ({
  target: memory(),
  emptying: () => use(toMemory()),
});

let sides: Sides = { source: { tree: sampleTree(), access: 'read' }, ...toMemory() };
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

let wanted: Partial<Sides> | undefined;
let using: Promise<void> | undefined;

/** Opens other directories for the next copy. Of several presses meanwhile, only the last of each side counts. */
function use(other: Partial<Sides>): Promise<void> {
  wanted = { ...wanted, ...other };
  using ??= (async () => {
    start.disabled = true;
    try {
      abort.abort();
      await running;
      while (wanted !== undefined) {
        const chosen: Sides = { ...sides, ...wanted };
        wanted = undefined;
        await open(chosen);
      }
    } finally {
      using = undefined;
      wanted = undefined;
      start.disabled = sandbox === undefined;
    }
  })();
  return using;
}

/** Opens a sandbox. If that fails, the old one stays. */
async function open(chosen: Sides): Promise<void> {
  const opened = await openSandbox({ '/in': chosen.source, '/out': chosen.target }, { watch });
  sandbox?.close();
  sandbox = opened;
  sides = chosen;
  offerLinks('tree' in chosen.target);
  await showSides();
  say('Ready: press Copy.');
}

/** Offers to copy links as links only if the target can hold them. */
function offerLinks(isPossible: boolean): void {
  const links = choice('symlinks');
  const [preserve] = links.options;
  if (preserve !== undefined && preserve.disabled === isPossible) {
    preserve.disabled = !isPossible;
    links.value = isPossible ? 'preserve' : 'follow';
  }
}

async function showSides(): Promise<void> {
  if (sandbox !== undefined) {
    const source = await sandbox.tree('/in');
    sizes = sizesIn(source, '/in');
    showTree(sourceTree, source);
    await showTarget(sandbox);
  }
}

async function showTarget(current: Sandbox): Promise<void> {
  const target = await current.tree('/out');
  const isEmpty = Object.keys(target.dir).length === 0;
  showTree(targetTree, target);
  save.disabled = isEmpty;
  empty.disabled = isEmpty || sides.emptying === undefined;
}

/** Shows the reads and writes of a step, one after the other. Returns nothing at full speed, so that no step waits. */
function watch(calls: readonly FileCall[]): Promise<void> | undefined {
  const isSource = ({ path }: FileCall) => path.startsWith('/in/');
  const reads = calls.filter((call) => call.kind === 'read' && isSource(call));
  const writes = calls.filter(({ kind }) => kind === 'write');
  if (pace.isSlow) {
    return showSlowly(reads, writes);
  }
  const last = reads.at(-1);
  const shown = reads.filter(({ path }) => path === last?.path);
  shown.forEach(show);
  writes.forEach((write) => {
    strip.write(write);
  });
  shown.forEach((read) => {
    strip.unmap(read);
  });
  return undefined;
}

async function showSlowly(reads: readonly FileCall[], writes: readonly FileCall[]): Promise<void> {
  reads.forEach(show);
  await (reads.length > 0 && pace.wait(abort.signal));
  writes.forEach((write) => {
    strip.write(write);
  });
  await (writes.length > 0 && pace.wait(abort.signal));
  reads.forEach((read) => {
    strip.unmap(read);
  });
}

function show(read: FileCall): void {
  if (!strip.shows(read.path) || read.offset === 0) {
    strip.begin(read.path, sizes.get(read.path) ?? read.length, Number(choice('window').value));
  }
  strip.map(read);
}

// In milliseconds. More often would slow down the copy.
const BETWEEN_TREES = 250;

let lastTree = 0;

async function tell(progress: CopyProgress, started: number, current: Sandbox): Promise<void> {
  const { bytesDone, bytesTotal, filesDone, currentPath } = progress;
  const now = performance.now();
  say('Copying …');
  bar.max = Math.max(bytesTotal ?? bytesDone, 1);
  bar.value = bytesTotal === 0 ? 1 : bytesDone;
  const rate = bytesDone / Math.max((now - started) / 1000, 0.001);
  figures.textContent =
    `${counted(filesDone, 'file')} · ${bytes(bytesDone)} of ${bytes(bytesTotal ?? bytesDone)} · ` +
    `${bytes(rate)}/s · ${currentPath}`;
  if (pace.isSlow && now - lastTree > BETWEEN_TREES) {
    lastTree = now;
    await showTarget(current);
  }
}

/** Says that the copy waits if another tab copies to the storage. */
async function sayIfWaiting(): Promise<void> {
  const { held = [] } = 'directory' in sides.target ? ((await navigator.locks?.query()) ?? {}) : {};
  say(held.some(({ name }) => name === 'mapcp') ? 'Waiting for another tab, which copies …' : 'Copying …');
}

async function copy(current: Sandbox): Promise<void> {
  const windowSize = Number(choice('window').value);
  pace.begin([...sizes.values()].reduce((sum, size) => sum + Math.ceil(size / windowSize), 0));
  await sayIfWaiting();
  const started = performance.now();
  const report = await copyAll(
    current,
    {
      windowSize,
      symlinks: choice('symlinks').value as 'preserve' | 'follow' | 'skip',
      overwrite: choice('overwrite').value as 'always' | 'never' | 'newer' | 'error',
      verify: (form.elements.namedItem('verify') as HTMLInputElement).checked,
      signal: abort.signal,
    },
    (progress) => void doing(() => tell(progress, started, current)),
  );
  const seconds = (performance.now() - started) / 1000;
  await showSides();
  const skipped = report.skipped > 0 ? `, ${report.skipped} left out` : '';
  say(
    `Copied ${counted(report.files, 'file')} and ${counted(report.directories, 'directory', 'directories')}, ` +
      `${bytes(report.bytes)} in ${seconds.toFixed(1)} s${skipped}. Each file got its name when it was complete.`,
  );
}

/** Moves the focus from a button that is about to be disabled. */
function moveFocus(from: readonly HTMLElement[], to: HTMLElement): void {
  const { activeElement } = document;
  if (
    activeElement === null ||
    activeElement === document.body ||
    from.some((each) => each === activeElement)
  ) {
    to.focus();
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const current = sandbox;
  if (current === undefined || start.disabled) {
    return;
  }
  abort = new AbortController();
  running = doing(async () => {
    stop.disabled = false;
    moveFocus([start], stop);
    start.disabled = true;
    try {
      await copy(current);
    } catch (error) {
      await showSides();
      say(
        abort.signal.aborted ? 'Stopped. Complete files stay, and no partial file is left.' : String(error),
        !abort.signal.aborted,
      );
    } finally {
      start.disabled = using !== undefined;
      moveFocus([stop, next], start);
      stop.disabled = true;
    }
  });
});

stop.addEventListener('click', () => abort.abort());

function onClick(id: string, act: () => Promise<void>): void {
  element(id, HTMLButtonElement).addEventListener('click', () => void doing(act));
}

onClick('use-sample', () => use({ source: { tree: sampleTree(), access: 'read' } }));
onClick('use-memory', () => use(toMemory()));
onClick('use-storage', async () => {
  const directory = await storage();
  const emptying = async () => {
    for await (const name of directory.keys()) {
      await directory.removeEntry(name, { recursive: true });
    }
    await showSides();
    say('The storage is empty.');
  };
  await use({ target: { directory, access: 'read-write' }, emptying });
});
onClick('empty', async () => {
  abort.abort();
  await running;
  await sides.emptying?.();
});
onClick('save', async () => {
  if (sandbox !== undefined) {
    await download(await sandbox.tree('/out'));
  }
});

for (const [button, id] of [
  ['pick-files', 'source-files'],
  ['pick-source', 'source-directory'],
] as const) {
  const input = element(id, HTMLInputElement);
  input.webkitdirectory = id === 'source-directory';
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // So that the same files can be picked again.
    input.value = '';
    void doing(async () => {
      await (files.length > 0 && use({ source: { tree: treeOf(files), access: 'read' } }));
    });
  });
  onClick(button, async () => {
    if (id === 'source-files' || !canPick) {
      input.click();
      return;
    }
    const source = await pick('read');
    await (source && use({ source }));
  });
}
element('pick-target', HTMLButtonElement).hidden = !canPick;
onClick('pick-target', async () => {
  const target = await pick('read-write');
  await (target && use({ target, emptying: undefined }));
});

// Files that miss the source's side would replace the page.
const side = element('source', HTMLElement);
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  side.classList.add('dropping');
});
document.addEventListener('dragleave', (event) => {
  side.classList.toggle('dropping', event.relatedTarget !== null);
});
document.addEventListener('drop', (event) => {
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
  // Its worker is kept for the next sandbox, which then needs no network.
  (await openSandbox({})).close();
});
document.documentElement.dataset.ready = '';
