// The same in TypeScript, compiled in a project of its own under the strictest options.

import {
  CleanError,
  CopyError,
  type CopyErrorDetails,
  type CopyOptions,
  type CopyProgress,
  type CopyReport,
  type CopyTask,
  clean,
  copy,
  type HostMaker,
  type Operation,
  openSandbox,
  type Preopen,
  type Preopens,
  type Sandbox,
  type SandboxHost,
  type SandboxOptions,
} from 'mapcp';
import { type ImportObject, instantiate, type Root } from 'mapcp/bindings';
import {
  type Access,
  createHost,
  type Durability,
  ExitError,
  type HasDescriptor,
  type Host,
  type HostOptions,
  type Input,
  type LoadedComponent,
  loadComponent,
  ModeCarrier,
  type Output,
  RefusedError,
  runComponent,
  TrapError,
  type WasiImports,
  type WasiInterfaces,
} from 'mapcp/host';

const progress: CopyProgress[] = [];
const options: CopyOptions = {
  recursive: true,
  overwrite: 'newer',
  onProgress: (step) => progress.push(step),
};

/** Copies, and reports an error. */
export async function backUp(
  source: string,
  target: URL,
): Promise<CopyReport | CopyErrorDetails | undefined> {
  const task: CopyTask = copy(source, target, options);
  for await (const { bytesDone, bytesTotal } of task) {
    const percent: number | undefined = bytesTotal && (100 * bytesDone) / bytesTotal;
    if (percent === 100) break;
  }
  try {
    return await task;
  } catch (error) {
    if (error instanceof CopyError) {
      const operation: Operation = error.operation;
      return operation === 'accept' ? undefined : error;
    }
    throw error;
  }
}

/** Copies inside a sandbox. */
export async function inSandbox(directories: Preopens, confinement: SandboxOptions): Promise<number> {
  const box: Sandbox = await openSandbox(directories, confinement);
  try {
    const { files } = await box.copy('/in', '/out', { signal: AbortSignal.timeout(1000) });
    return files + box.clean('/out');
  } catch (error) {
    return error instanceof CleanError ? error.path.length : 0;
  } finally {
    box.close();
  }
}

/** Runs the component on our own host, without a cast. */
export async function onHost(preopen: Preopen, stdin: Input, stdout: Output): Promise<Root> {
  const access: Access = preopen.access;
  const durability: Durability = { syncDirectories: access === 'read-write' };
  const hostOptions: HostOptions = {
    preopens: { '/': preopen },
    stdin,
    stdout,
    durability,
    modes: new ModeCarrier(),
  };
  const host: Host = await createHost(hostOptions);
  const wasi: WasiImports = host.imports;
  const environment: WasiInterfaces['wasi:cli/environment'] = wasi['wasi:cli/environment'];
  if (environment.getArguments().length > 1) {
    throw new ExitError(2);
  }
  const imports: ImportObject = wasi;
  return instantiate(undefined, imports);
}

/** Runs a program, once or twice. */
export async function runProgram(bytes: Uint8Array, output: HasDescriptor): Promise<number> {
  try {
    const first = await runComponent(bytes, { args: ['program'], stdout: output, stderr: 'inherit' });
    const component: LoadedComponent = await loadComponent(bytes);
    return first + (await component.run({ env: { HOME: '/', UNSET: undefined } }));
  } catch (error) {
    return error instanceof TrapError || error instanceof RefusedError ? error.message.length : 0;
  }
}

/** Passes the component to another host. */
export const elsewhere = (imports: SandboxHost['imports']): HostMaker => {
  return () => ({ imports });
};

export const removed: Promise<number> = clean('backup');
