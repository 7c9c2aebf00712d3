import { CopyError, openSandbox, type Sandbox } from 'mapcp/browser';
import { element, make } from './elements.js';

/** A copy that the sandbox must refuse. */
interface Attempt {
  readonly title: string;
  readonly source: string;
  readonly target: string;
  readonly why: string;
}

const attempts: readonly Attempt[] = [
  {
    title: 'Read a file beside /in',
    source: '/in/../secret',
    target: '/out/secret',
    why: 'The path leads above the directory in which it starts.',
  },
  {
    title: 'Follow a link that leads out',
    source: '/in/way-out',
    target: '/out/secret',
    why: 'The link leads to ../../secret. The host walks its text like any other path.',
  },
  {
    title: 'Write into the read-only directory',
    source: '/in/notes.txt',
    target: '/in/changed.txt',
    why: 'No call can change a directory that was opened for reading.',
  },
];

const tree = {
  dir: { 'notes.txt': { source: 'water the plants\n' }, 'way-out': { symlink: '../../secret' } },
};

/** Adds a button for each attempt. They share a sandbox of their own. */
export async function setUpEscapes(): Promise<void> {
  const sandbox = await openSandbox({
    '/in': { tree, access: 'read' },
    '/out': { tree: { dir: {} }, access: 'read-write' },
  });
  element('escapes', HTMLUListElement).append(...attempts.map((attempt) => card(sandbox, attempt)));
}

function card(sandbox: Sandbox, attempt: Attempt): HTMLLIElement {
  const { title, source, target, why } = attempt;
  const answer = make('p', 'answer');
  answer.setAttribute('role', 'status');
  const button = make('button', '', title);
  button.type = 'button';
  button.addEventListener('click', async () => {
    const said = await tryTo(sandbox, attempt);
    answer.replaceChildren(make('strong', '', said.code), ` ${said.message}`);
    answer.className = said.isRefused ? 'answer refused' : 'answer escaped';
  });
  return make(
    'li',
    '',
    button,
    make('code', 'call', `copy('${source}', '${target}')`),
    make('p', 'hint', why),
    answer,
  );
}

async function tryTo(sandbox: Sandbox, { source, target }: Attempt) {
  try {
    await sandbox.copy(source, target, { symlinks: 'follow' });
    return { isRefused: false, code: 'It worked.', message: 'This is a bug: please report it.' };
  } catch (error) {
    const { code, message } = error instanceof CopyError ? error : { code: 'Error', message: String(error) };
    return { isRefused: true, code, message };
  }
}
