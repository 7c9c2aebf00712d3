// Running a program for WASI preview 1 in Node: what it gets from the system.

import { takeHostOptions } from './check-options.js';
import type { CliOptions } from './cli.js';
import { walkerFor } from './create-host.js';
import { RefusedError } from './errors.js';
import { grantAll } from './granted.js';
import type { CheckedHostOptions, HostOptions } from './host-options.js';
import type { LoadedComponent } from './loaded.js';
import { monotonicNow, sleepUntil, wallNow } from './now.js';
import { Program } from './preview1/program.js';
import type { InputEnd, OutputEnd } from './preview1/system.js';
import { fillRandom } from './random.js';
import { MOST_RESOURCES } from './resources.js';
import { sinkTo, sourceFrom } from './standard-streams.js';
import { isTerminal } from './terminal.js';
import type { Walker } from './walker.js';
import type { CoreModule } from './web-assembly.js';

/** A program for preview 1 that is ready to run. */
export class Command implements LoadedComponent {
  readonly imports: readonly string[];
  readonly #program: Program;

  /** Throws a {@link RefusedError} if the module imports something that preview 1 does not have. */
  constructor(module: CoreModule) {
    this.#program = new Program(module);
    this.imports = this.#program.imports;
  }

  async run(options: HostOptions = {}): Promise<number> {
    const taken = takeHostOptions(options);
    return this.runOn(walkerFor(taken), taken);
  }

  /** Runs the program as `run` does, and reaches directories through `walker`. Does not check the options. */
  async runOn(walker: Walker, options: CheckedHostOptions): Promise<number> {
    this.#program.requireGranted(options);
    const { cli, times, directories, close } = grantAll(walker, options);
    try {
      return await this.#program.run({
        args: cli.args,
        env: cli.env,
        stdin: inputFrom(cli.stdin),
        stdout: outputTo(cli.stdout),
        stderr: outputTo(cli.stderr),
        directories: directories(),
        mostDescriptors: options.maxResources ?? MOST_RESOURCES,
        timesOf: (status) => times.asSet(status),
        wallNow,
        monotonicNow,
        sleepUntil,
        fillRandom,
      });
    } finally {
      close();
    }
  }

  async instantiate(): Promise<never> {
    throw new RefusedError('the program is a core module, which exports nothing for JavaScript: use run');
  }
}

const inputFrom = (stdin: CliOptions['stdin']): InputEnd => ({
  source: sourceFrom(stdin),
  isTerminal: typeof stdin === 'number' && isTerminal(stdin),
});

const outputTo = (stream: CliOptions['stdout']): OutputEnd => ({
  sink: sinkTo(stream),
  isTerminal: typeof stream === 'number' && isTerminal(stream),
});
