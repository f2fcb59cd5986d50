declare module '@echogarden/speex-resampler-wasm/simd' {
  export default function init (options?: object): Promise<unknown>
}

// Node has it; the types of Node 20 and the ES libraries do not.
declare namespace WebAssembly {
  class Module { constructor (bytes: Uint8Array) }
  class Instance { constructor (module: Module, imports: Imports); readonly exports: object }
  type Imports = Record<string, Record<string, unknown>>
}
