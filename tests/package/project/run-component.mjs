// Runs a component from the command line, in a project that has installed mapcp and perhaps jco.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runComponent } from 'mapcp/host';

const options = { args: ['program', 'args'], stdout: process.stdout, clocks: true, random: true };
const ending = await runComponent(readFileSync(process.argv[2] ?? ''), options).then(
  (status) => `status ${status}`,
  (error) => String(error),
);
process.stdout.write(`${ending}\n`);
