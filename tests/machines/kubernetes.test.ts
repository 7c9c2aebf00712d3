// The manifest of docs/several-machines.md, against the published schema of Kubernetes. There is no cluster: a shell runs
// its command, once for each index.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { inMemoryDirectory } from '../helpers/directory.js';
import { mustRun, runProgram } from '../helpers/program.js';
import {
  describeUnless,
  environmentOf,
  exampleOf,
  expectWholeCopy,
  killItsCopy,
  reasonToSkip,
  runsIn,
  whyNot,
  withLists,
} from './place.js';

/** The parts of the manifest that the test runs. */
interface Job {
  spec: {
    completionMode: string;
    template: {
      spec: {
        containers: { command: string[]; workingDir: string; volumeMounts: { mountPath: string }[] }[];
      };
    };
  };
}

/** The directory in which pip has installed the module kubernetes_validate. */
const { MAPCP_KUBERNETES_VALIDATE: modules = '' } = process.env;
const env = { ...process.env, PYTHONPATH: modules };
const why = existsSync(modules)
  ? whyNot('python3', 'fpart')
  : reasonToSkip('MAPCP_KUBERNETES_VALIDATE must be the path of a directory with kubernetes_validate');

/** Validates a manifest, without properties that the schema does not have. */
const validate = (manifest: string) =>
  inMemoryDirectory((directory) => {
    const path = join(directory, 'manifest.yaml');
    writeFileSync(path, manifest);
    return runProgram('python3', ['-m', 'kubernetes_validate', '--strict', path], { env });
  });

function parse(manifest: string): Job {
  const script = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';
  return JSON.parse(mustRun('python3', ['-c', script], { env, input: manifest })) as Job;
}

/** Runs a command until it succeeds, as Kubernetes runs pods. */
async function runPods(command: readonly string[], directory: string, index: number): Promise<void> {
  const [program = '', ...args] = command;
  const env = { ...environmentOf(directory), JOB_COMPLETION_INDEX: `${index}` };
  for (let pods = 1; pods <= 4; pods++) {
    const pod = spawn(program, args, { cwd: directory, env, stdio: 'ignore' });
    const [status] = await once(pod, 'exit');
    if (status === 0) {
      return;
    }
  }
  throw new Error(`the index ${index} has failed`);
}

describeUnless(why, 'the manifest for Kubernetes', () => {
  const manifest = exampleOf('mapcp-job.yaml');

  it('is valid, and would not be with another property', () => {
    const valid = validate(manifest);
    expect(valid.status, `${valid.stdout}${valid.stderr}`).toBe(0);
    const invalid = validate(manifest.replace('completionMode', 'completionsMode'));
    expect(invalid.status).toBe(1);
    expect(`${invalid.stdout}${invalid.stderr}`).toContain('completionsMode');
  });

  it('has a command that copies all lists, also if a pod is killed', () =>
    withLists(async (directory) => {
      const { completionMode, template } = parse(manifest).spec;
      const [container] = template.spec.containers;
      expect(completionMode).toBe('Indexed');
      const mounts = container?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];
      expect(mounts.sort()).toEqual(['backup', 'lists', 'photos'].map((name) => `/data/${name}`));
      expect(container?.workingDir).toBe('/data');
      const lists = readdirSync(join(directory, 'lists'));

      const job = Promise.all(lists.map((_, index) => runPods(container?.command ?? [], directory, index)));
      await killItsCopy(directory);
      await job;

      expect(runsIn(directory)).toHaveLength(lists.length + 1);
      expectWholeCopy(directory);
    }));
});
