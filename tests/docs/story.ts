import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { expect } from 'vitest';
import { mayTest } from '../helpers/tools.js';
import { wasmtime } from '../helpers/wasmtime.js';
import { type Block, checkout } from './documents.js';
import { type Outcome, prepare, prepareCommands, prepareRepository, runScript } from './place.js';

/** An example, and the examples that continue it. */
export type Story = readonly [Block, ...Block[]];

const runnable = ['ts', 'js', 'sh', 'console'];

const isOutput = ({ marks }: Block) => 'output' in marks;

/** Whether an example is run. */
export function isRun({ language, marks }: Block): boolean {
  const isOne = runnable.includes(language) || 'file' in marks || 'output' in marks;
  return isOne && !('not-run' in marks);
}

/** The stories in the examples of a document. */
export function storiesOf(blocks: readonly Block[]): Story[] {
  const stories: [Block, ...Block[]][] = [];
  for (const block of blocks.filter(isRun)) {
    const goesOn = 'continues' in block.marks || isOutput(block);
    if (goesOn && stories.length > 0) {
      stories.at(-1)?.push(block);
    } else {
      stories.push([block]);
    }
  }
  return stories;
}

/** Commands that a reader may not have. CI has them, so there they must exist. */
const lacking = ['wasmtime', 'parallel', 'fpart', 'cc', 'c++'].filter((command) => !isThere(command));

function isThere(command: string): boolean {
  return command === 'wasmtime'
    ? wasmtime !== undefined
    : mayTest(runScript(`command -v ${command}`, checkout, '').status === 0);
}

/** Whether a story needs a command that is missing. */
export function lacksCommand(story: Story): boolean {
  return story.some(({ code }) => lacking.some((command) => code.includes(`${command} `)));
}

/** Runs a story in an empty directory. */
export function tell(story: Story, directory: string): void {
  const [place, commands] = ['place', 'commands'].map((name) => join(directory, name)) as [string, string];
  mkdirSync(place);
  mkdirSync(commands);
  prepare(
    place,
    story.some(({ marks }) => 'checkout' in marks),
  );
  prepareCommands(commands);
  if (story.some(({ code }) => code.includes('git '))) {
    prepareRepository(place);
  }
  let last: Outcome | undefined;
  for (const block of story) {
    if (block.marks.file !== undefined) {
      writeFileSync(join(place, block.marks.file), block.code);
    } else if (isOutput(block)) {
      expectOutput(last?.output ?? '', block.code);
    } else {
      last = run(block, place, commands);
    }
  }
}

function run(block: Block, place: string, commands: string): Outcome {
  if (block.language === 'console') {
    return converse(block.code, place, commands);
  }
  const outcome = runScript(
    block.language === 'sh' ? `set -e\n${block.code}` : program(block, place),
    place,
    commands,
  );
  expect(outcome, outcome.output).toMatchObject({ status: 0 });
  return outcome;
}

/** Writes a module as JavaScript, and returns the command that runs it. */
function program({ code, line }: Block, place: string): string {
  const name = `line-${line}.mjs`;
  const { code: script } = transformSync(code, { loader: 'ts', target: 'node20', format: 'esm' });
  writeFileSync(join(place, name), script);
  return `node ${name}`;
}

/** The commands in a shell session, each with its output. */
function commandsIn(code: string): [command: string, output: string][] {
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [first = '', ...lines] = part.split('\n');
      const more = lines.findIndex((line) => !line.startsWith('> '));
      const command = [first, ...lines.slice(0, more).map((line) => line.slice(2))].join('\n');
      return [command, lines.slice(more).join('\n')];
    });
}

/** Runs the commands of a session in one shell, and compares their output. */
function converse(code: string, place: string, commands: string): Outcome {
  const conversation = commandsIn(code);
  const script = conversation.map(([command]) => `${command}\nprintf '\\0'`).join('\n');
  const outcome = runScript(script, place, commands);
  const said = outcome.output.split('\0');
  for (const [index, [, output]] of conversation.entries()) {
    expectOutput(said[index] ?? '', output);
  }
  return outcome;
}

/** Compares an output with a document's. `…` stands for any text. */
function expectOutput(output: string, expected: string): void {
  const pattern = expected
    .trim()
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('.*');
  expect(output.trim()).toMatch(new RegExp(`^${pattern}$`, 's'));
}
