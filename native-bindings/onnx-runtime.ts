import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const require = createRequire(import.meta.url)

/** Set to 1 before the library is used first, it uploads nothing and writes no identity to disk. */
const NO_TELEMETRY = 'ORT_DISABLE_TELEMETRY'

export interface OrtTensor { readonly data: unknown }
export interface OrtSession {
  loadModel (model: ArrayBufferLike, offset: number, length: number, options: object): void
  run (feeds: Record<string, OrtTensor>, fetches: Record<string, OrtTensor | null>, options: object): Record<string, OrtTensor>
}
export interface OnnxRuntime {
  readonly Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => OrtTensor
  readonly InferenceSession: new () => OrtSession
}

/**
 * Keeps ONNX Runtime from reporting this process to its maker, as it does on its own since 1.29.
 * It reads the environment of the process, which a worker thread cannot write: the main thread
 * calls this before it starts a thread that loads the library.
 */
export function forbidTelemetry (): void { process.env[NO_TELEMETRY] = '1' }

/**
 * ONNX Runtime by its synchronous binding; the public API defers every run by a `setImmediate`. It
 * is undocumented, so the package's version is pinned and `test/native-bindings` runs it for real.
 * @throws Error when the library is missing, or in a thread that was started without
 * `forbidTelemetry`
 */
export function loadOnnxRuntime (): OnnxRuntime {
  if (isMainThread) forbidTelemetry()
  if (process.env[NO_TELEMETRY] !== '1') throw new Error('forbidTelemetry() must be called in the main thread before this one is started')
  const { binding, initOrt } = require('onnxruntime-node/dist/binding') as {
    readonly binding: Pick<OnnxRuntime, 'InferenceSession'>
    readonly initOrt: () => void
  }
  const { Tensor } = require('onnxruntime-common') as Pick<OnnxRuntime, 'Tensor'>
  initOrt()
  return { Tensor, InferenceSession: binding.InferenceSession }
}
