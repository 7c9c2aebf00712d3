// Slurm on one machine, on loopback, with everything in one directory.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { vi } from 'vitest';
import { mustRun, runProgram } from '../helpers/program.js';
import { reasonToSkip, whyNot } from './place.js';

/** Why there is no Slurm here; undefined if there is. */
export function whyNoSlurm(): string | undefined {
  return process.getuid?.() === 0
    ? whyNot('slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'munged')
    : reasonToSkip('only the superuser can start Slurm');
}

/** A running Slurm. Disposing of it ends it. */
export interface Slurm extends AsyncDisposable {
  /** The variable that its commands need. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs one of its commands, and returns the output. */
  run(program: string, ...args: string[]): string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * Starts Slurm.
 *
 * @param directory an empty directory
 * @param env the variables of the programs, and of the jobs
 */
export async function startSlurm(directory: string, env: NodeJS.ProcessEnv): Promise<Slurm> {
  const at = (name: string) => join(directory, name);
  const [name = ''] = hostname().split('.');
  const [controller, node] = [await freePort(), await freePort()];
  mkdirSync(at('state'));
  mkdirSync(at('spool'));
  writeFileSync(at('key'), randomBytes(128), { mode: 0o400 });
  const settings = {
    ClusterName: 'test',
    SlurmctldHost: `${name}(127.0.0.1)`,
    SlurmctldPort: controller,
    SlurmdPort: node,
    AuthType: 'auth/munge',
    // A task that is queued again waits for so many seconds. Fewer are not possible.
    AuthInfo: `socket=${at('socket')},cred_expire=5`,
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_Core',
    StateSaveLocation: at('state'),
    SlurmdSpoolDir: at('spool'),
    SlurmctldPidFile: at('controller.pid'),
    SlurmdPidFile: at('node.pid'),
    SlurmctldLogFile: at('controller.log'),
    SlurmdLogFile: at('node.log'),
    SlurmUser: 'root',
    ReturnToService: 2,
    MpiDefault: 'none',
    // Otherwise a node with fewer processors is not accepted.
    SlurmdParameters: 'config_overrides',
    KillWait: 1,
    SchedulerParameters: 'batch_sched_delay=0,sched_interval=1',
    JobAcctGatherType: 'jobacct_gather/none',
    AccountingStorageType: 'accounting_storage/none',
    NodeName: `${name} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN`,
    PartitionName: 'all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(at('slurm.conf'), lines.join(''));
  const withConfiguration = { ...env, SLURM_CONF: at('slurm.conf') };

  const run = (program: string, ...args: string[]) => mustRun(program, args, { env: withConfiguration });
  const munge = ['--foreground', '--force', `--socket=${at('socket')}`, `--key-file=${at('key')}`];
  const files = ['pid', 'log', 'seed'].map((each) => `--${each}-file=${at(`munge.${each}`)}`);
  // In the foreground, the daemons are children that can be awaited. Their logs are in the directory.
  const start = (program: string, ...args: string[]) =>
    spawn(program, args, { env: withConfiguration, stdio: 'ignore' });
  const daemons = [start('munged', ...munge, ...files), start('slurmctld', '-D'), start('slurmd', '-D')];
  const slurm: Slurm = {
    env: withConfiguration,
    run,
    [Symbol.asyncDispose]: async () => {
      // Only a test that fails leaves a task.
      runProgram('scancel', ['--full', '--me'], { env: withConfiguration });
      for (const daemon of daemons.reverse()) {
        const ended = once(daemon, 'exit');
        if (daemon.exitCode === null && daemon.kill()) {
          await ended;
        }
      }
    },
  };
  const isReady = () => {
    try {
      return run('sinfo', '--noheader', '--format=%T') === 'idle';
    } catch {
      // The controller does not answer yet.
      return false;
    }
  };
  try {
    await vi.waitUntil(isReady, { timeout: 300_000, interval: 200 });
  } catch {
    await slurm[Symbol.asyncDispose]();
    const logs = ['controller.log', 'node.log', 'munge.log'].map((log) => readFileSync(at(log), 'utf8'));
    throw new Error(`Slurm does not start:\n${logs.join('\n')}`);
  }
  return slurm;
}
