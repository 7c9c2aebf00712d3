import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/it.js';
import { type Block, blocksOf, checkout, documents, sources } from './documents.js';
import { runScript } from './place.js';
import { isRun, lacksCommand, storiesOf, tell } from './story.js';

// CONTRIBUTING.md says how examples are marked, and how they are run.

const blocksByDocument = [...documents(), ...sources()].map(blocksOf);
const blocks = blocksByDocument.flat();
const quoted = blocks.filter(({ marks }) => 'from' in marks);
const notRun = blocks.filter(({ marks }) => 'not-run' in marks);

const nameOf = ({ document, line }: Block) => `${document}:${line}`;

describe('an example', () => {
  for (const story of blocksByDocument.flatMap(storiesOf)) {
    it.skipIf(lacksCommand(story))(`${nameOf(story[0])} does what it says`, ({ directory }) =>
      tell(story, directory),
    );
  }

  for (const block of quoted) {
    it(`${nameOf(block)} is in its file word for word`, () => {
      const source = readFileSync(join(checkout, block.marks.from ?? ''), 'utf8');
      const withoutIndent = (text: string) => text.replaceAll(/^ +/gm, '');
      expect(withoutIndent(source)).toContain(withoutIndent(block.code));
    });
  }

  it('is run, except for these', () => {
    expect(notRun.map(({ document, marks }) => `${document}: ${marks['not-run']}`).sort()).toEqual([
      'CONTRIBUTING.md: it builds, and runs tests',
      'CONTRIBUTING.md: it is what runs this test',
      'README.md: it builds; .ci/run runs it',
      'README.md: it installs packages',
      'c-src/mman/README.md: a program.c of yours, and wasi-sdk',
      'c-src/mman/README.md: a program.c of yours, and wasi-sdk',
      'docs/browser.md: it is a configuration of Vite',
      'docs/browser.md: it is for a browser, and tests/browser/docs.test.ts runs it',
      'docs/browser.md: it is for a browser, and tests/browser/sandbox.test.ts does the same',
      'docs/browser.md: it is for a browser, and tests/browser/sandbox.test.ts does the same',
      'docs/c-programs.md: it is for a browser, and tests/browser/guide.test.ts runs it',
      'docs/command-line.md: it is for three shells, and tests/cli/terminal.test.ts has them',
      'docs/command-line.md: their keys are compared with what is printed by tests/cli/terminal.test.ts',
      "docs/component.md: it needs Python's wasmtime",
      'docs/component.md: it needs a registry',
      'docs/component.md: it needs a registry',
      'docs/environments.md: it installs packages',
      'docs/environments.md: tests/api/permission.test.ts tests the same',
      'docs/mmap-under-wasi.md: it builds what the rest of this page runs, and make test has done so before',
      'docs/several-machines.md: tests/machines/kubernetes.test.ts validates it, and runs its command',
      'docs/several-machines.md: tests/machines/slurm.test.ts runs it',
      'docs/several-machines.md: tests/machines/slurm.test.ts submits it',
      'ts/host/create-host.ts: the bindings of a component',
    ]);
  });

  it('in a shell is well-formed even if it is not run', () => {
    const scripts = notRun.filter(({ language }) => language === 'sh');
    const faults = scripts.map(({ code }) => runScript(`bash -n <<'EOF'\n${code}\nEOF`, checkout, '').output);
    expect(faults.join('')).toBe('');
  });

  it('is in a language that is checked, or is plain text', () => {
    const isText = ({ language }: Block) => ['text', 'mermaid'].includes(language);
    const unchecked = blocks.filter(
      (block) => !isText(block) && !isRun(block) && !notRun.includes(block) && !quoted.includes(block),
    );
    expect(unchecked.map(nameOf)).toEqual([]);
  });
});
