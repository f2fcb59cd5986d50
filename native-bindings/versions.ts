import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The versions of what runs models: what one of them could load another may not. */
export function nativeVersions (): Readonly<Record<string, string>> {
  return Object.fromEntries(['onnxruntime-node', 'sherpa-onnx-node'].map(name => [name, versionOf(name)]))
}

function versionOf (name: string): string {
  try {
    return (require(`${name}/package.json`) as { version: string }).version
  } catch {
    return 'none'
  }
}
