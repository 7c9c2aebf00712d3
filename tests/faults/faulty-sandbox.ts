import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CopyError, type CopyOptions, type CopyReport, openSandbox, type Sandbox } from 'mapcp';
import { look, type Put, putInto } from '../behaviour/tree.js';
import { openFiles } from '../helpers/descriptors.js';
import { type ExpectedTree, predictTarget, type Tree } from '../helpers/oracle.js';
import { createFaultyHost, type FaultyHost, type Fold, type Plan, type Way } from './faulty-host.js';
import type { Observation } from './promises.js';
import type { Scenario } from './scenarios.js';

const nothingFails: Plan = () => undefined;

/** Runs when a copy begins, and returns a function that runs when it ends. */
type During = () => () => void;

/** The result of a copy, and what it left. */
export interface Ending extends Observation {
  readonly report: CopyReport | undefined;
  /** Anything except a CopyError breaks a promise. */
  readonly error: unknown;
  /** How many descriptors the copy left open. */
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
  #complete: ExpectedTree = {};

  private constructor(box: Sandbox, host: FaultyHost, scenario: Scenario, directory: string) {
    this.#box = box;
    this.#host = host;
    this.#scenario = scenario;
    this.#directory = directory;
    this.#put = putInto(directory);
    this.#source = look(join(directory, 'in'));
  }

  /** Opens a sandbox in an empty directory, and makes the scenario's source. */
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
    // The first copy of an instance makes extra calls.
    await sandbox.copy();
    return sandbox;
  }

  /** The calls of the last copy. */
  get calls(): FaultyHost['calls'] {
    return this.#host.calls;
  }

  /** See {@link FaultyHost.memorySize}. */
  get memorySize(): number | undefined {
    return this.#host.memorySize();
  }

  /** Returns the entries of `out`. */
  look(): Tree {
    return look(join(this.#directory, 'out'));
  }

  /** Removes temporary files and returns their number. */
  clean(): number {
    return this.#box.clean('/out');
  }

  /** Restores the scenario's target, and copies. */
  async copy(plan: Plan = nothingFails, during: During = () => () => {}): Promise<Ending> {
    for (const name of readdirSync(join(this.#directory, 'out'))) {
      rmSync(join(this.#directory, 'out', name), { recursive: true });
    }
    this.#scenario.target?.(this.#put);
    const { options, to = 'b' } = this.#scenario;
    this.#complete = predictTarget(this.#source, this.look(), options, { to, hasModes: true });
    return this.copyAgain(plan, during);
  }

  /** Copies without restoring the target. The options are the scenario's, unless others are given. */
  async copyAgain(
    plan: Plan = nothingFails,
    during: During = () => () => {},
    options = this.#scenario.options,
  ): Promise<Ending> {
    const before = this.look();
    const descriptors = openFiles().length;
    const end = during();
    const { report, error } = await this.#run(plan, options);
    end();
    return {
      report,
      error,
      before,
      complete: this.#complete,
      found: this.look(),
      succeeded: report !== undefined && report.errors.length === 0,
      descriptorsLeft: openFiles().length - descriptors,
    };
  }

  async #run(plan: Plan, options: CopyOptions): Promise<Pick<Ending, 'report' | 'error'>> {
    const { to = 'b', stream } = this.#scenario;
    this.#host.start(options.sync ?? false);
    this.#host.calls = [];
    this.#host.plan = plan;
    try {
      return { report: await this.#box.copy(stream ?? '/in/a', `/out/${to}`, options), error: undefined };
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

/** The errors of a copy, whether it failed as a whole or in parts. */
export function errorsOf({ report, error }: Ending): readonly CopyError[] {
  const errors = report?.errors ?? [error];
  return errors.map((failure) => {
    if (!(failure instanceof CopyError)) {
      throw failure;
    }
    return failure;
  });
}
