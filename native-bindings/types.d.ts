declare module '@echogarden/speex-resampler-wasm/simd' {
  export default function init (options?: object): Promise<unknown>
}
