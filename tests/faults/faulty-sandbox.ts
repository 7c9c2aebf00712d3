import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CopyError, type CopyReport, openSandbox, type Sandbox } from 'mapcp';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { openFiles } from '../helpers/descriptors.js';
import { completed, type PromisedTree, type Tree } from './complete.js';
import { createFaultyHost, type FaultyHost, type Fold, type Plan, type Way } from './faulty-host.js';
import type { Observation } from './promises.js';
import type { Scenario } from './scenarios.js';

const nothingFails: Plan = () => undefined;

/** What happens during a copy. */
type During = () => () => void;

/** How a copy ended, and what it left. */
export interface Ending extends Observation {
  readonly report: CopyReport | undefined;
  /** What it failed with; anything but a CopyError is a promise broken. */
  readonly error: unknown;
  /** How many more file descriptors this process has open than before. */
  readonly descriptorsLeft: number;
}

/** A sandbox over `in` and `out` of a directory, on a host with faults, for the copies of one scenario. */
export class FaultySandbox implements Disposable {
  readonly #box: Sandbox;
  readonly #host: FaultyHost;
  readonly #scenario: Scenario;
  readonly #directory: string;
  readonly #put: Put;
  readonly #source: Tree;
  #complete: PromisedTree = {};

  private constructor(box: Sandbox, host: FaultyHost, scenario: Scenario, directory: string) {
    this.#box = box;
    this.#host = host;
    this.#scenario = scenario;
    this.#directory = directory;
    this.#put = putInto(directory);
    this.#source = look(join(directory, 'in'));
  }

  /** Opens one, with the scenario's source in `in`, in an empty directory. */
  static async open(scenario: Scenario, way: Way, directory: string, fold?: Fold): Promise<FaultySandbox> {
    for (const name of ['in', 'out']) {
      mkdirSync(join(directory, name));
    }
    scenario.source(putInto(directory));
    let host: FaultyHost | undefined;
    const box = await openSandbox(
      {
        '/in': { path: join(directory, 'in'), access: 'read' },
        '/out': { path: join(directory, 'out'), access: 'read-write' },
      },
      {
        host: async (preopens) => {
          host = await createFaultyHost({ preopens }, way, fold);
          return host;
        },
      },
    );
    if (host === undefined) {
      throw new Error('the sandbox has asked for no host');
    }
    const sandbox = new FaultySandbox(box, host, scenario, directory);
    // The first copy of an instance makes calls that no other does.
    await sandbox.copy();
    return sandbox;
  }

  /** The calls of the copy before. */
  get calls(): FaultyHost['calls'] {
    return this.#host.calls;
  }

  /** See {@link FaultyHost.memorySize}. */
  get memorySize(): number | undefined {
    return this.#host.memorySize();
  }

  /** What is in `out`. */
  look(): Tree {
    return look(join(this.#directory, 'out'));
  }

  /** Removes temporary files; says how many. */
  clean(): number {
    return this.#box.clean('/out');
  }

  /** Copies, from the scenario's beginnings; `during` is told when the copy begins, and what it returns, when it ends. */
  async copy(plan: Plan = nothingFails, during: During = () => () => {}): Promise<Ending> {
    for (const name of readdirSync(join(this.#directory, 'out'))) {
      rmSync(join(this.#directory, 'out', name), { recursive: true });
    }
    this.#scenario.target(this.#put);
    const { options, to = 'b' } = this.#scenario;
    this.#complete = completed({ source: this.#source, before: this.look(), to, options });
    return this.copyAgain(plan, during);
  }

  /** Copies over what is there. */
  async copyAgain(plan: Plan = nothingFails, during: During = () => () => {}): Promise<Ending> {
    const before = this.look();
    const descriptors = openFiles().length;
    const end = during();
    const { report, error } = await this.#run(plan);
    end();
    return {
      report,
      error,
      before,
      complete: this.#complete,
      found: this.look(),
      succeeded: report !== undefined && report.failures.length === 0,
      descriptorsLeft: openFiles().length - descriptors,
    };
  }

  async #run(plan: Plan): Promise<Pick<Ending, 'report' | 'error'>> {
    const { options, to = 'b' } = this.#scenario;
    this.#host.start(options.sync ?? false);
    this.#host.calls = [];
    this.#host.plan = plan;
    try {
      return { report: await this.#box.copy('/in/a', `/out/${to}`, options), error: undefined };
    } catch (error) {
      return { report: undefined, error };
    } finally {
      this.#host.plan = nothingFails;
    }
  }

  [Symbol.dispose](): void {
    this.#box.close();
  }
}

/** What a copy has failed with, be it as a whole or in parts. */
export function failuresOf({ report, error }: Ending): readonly CopyError[] {
  const failures = report?.failures ?? [error];
  return failures.map((failure) => {
    if (!(failure instanceof CopyError)) {
      throw failure;
    }
    return failure;
  });
}
