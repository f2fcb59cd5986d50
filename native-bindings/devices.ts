import type { Config } from '../src/core/config-schema.js'

export type Device = Config['inference']['device']

// Only what both libraries know is a device of ours. ONNX Runtime also has webgpu and tensorrt,
// sherpa-onnx openvino and xnnpack.
const PROVIDERS: Readonly<Record<Device, { readonly ort: string, readonly sherpa: string }>> = {
  cpu: { ort: 'cpu', sherpa: 'cpu' },
  cuda: { ort: 'cuda', sherpa: 'cuda' },
  coreml: { ort: 'coreml', sherpa: 'coreml' },
  directml: { ort: 'dml', sherpa: 'directml' }
}

/** The device as onnxruntime-node 1.30 calls it; it throws where it is missing. */
export function ortProvider (device: Device): string { return PROVIDERS[device].ort }

/** The device as sherpa-onnx 1.13 calls it; see `Recogniser` for where it is missing. */
export function sherpaProvider (device: Device): string { return PROVIDERS[device].sherpa }
