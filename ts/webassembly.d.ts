// The part of the WebAssembly namespace that the bindings use. Node's types have none of it, and the browser's would
// bring a thousand globals that Node does not have.

declare namespace WebAssembly {
  type Imports = Record<string, unknown>;

  class Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }

  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Record<string, unknown>;
  }

  function compile(bytes: Uint8Array): Promise<Module>;
}
