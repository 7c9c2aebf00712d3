import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect } from 'vitest';
import { it } from '../helpers/it.js';
import { type Block, blocksOf, checkout, documents, sources } from './documents.js';
import { prepare } from './place.js';

const options: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};

it('the TypeScript in the documents passes strict type checks', ({ directory }) => {
  prepare(directory, false);
  const modules = [...documents(), ...sources()]
    .flatMap(blocksOf)
    .filter(({ language, marks }) => language === 'ts' && !('not-run' in marks));
  const files = modules.map((block) => write(block, directory));
  const faults = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
  expect(faults.map(describe)).toEqual([]);
});

it('the declarations of the package need only ES2020 and the types of Node', () => {
  const files = ['js/index.d.ts', 'js/host/index.d.ts'].map((file) => join(checkout, 'build/out', file));
  const program = ts.createProgram(files, {
    ...options,
    target: ts.ScriptTarget.ES2020,
    lib: ['lib.es2020.d.ts'],
    skipLibCheck: false,
  });
  const faults = ts.getPreEmitDiagnostics(program);
  expect(faults.filter(({ file }) => file?.fileName.includes('build/out')).map(describe)).toEqual([]);
});

/** Writes an example to a file in which each line has its number from the document. */
function write({ document, line, code }: Block, directory: string): string {
  const file = join(directory, `${document}-${line}.ts`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '\n'.repeat(line - 1) + code);
  return file;
}

function describe({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
  return `${file?.fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}
