import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ChorusError } from '../src/core/errors.js'

const require = createRequire(import.meta.url)

export interface ModelFile {
  /** As in messages: what it is for. */
  readonly name: string
  readonly path: string
  readonly sha256: string
}

/** What brings back a file of a package. */
const REMEDY = 'npm ci'

const MOONSHINE = {
  base: {
    encoder: '1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751',
    decoder: 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3'
  },
  tiny: {
    encoder: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
    decoder: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367'
  }
} as const
const SILERO_SHA256 = '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f'
const TOKENS_SHA256 = 'c9c3699b5683d821681c0e61df25b765c7e7a5caaebba0b50437ca0488cb0cfa'

// The Llama vocabulary, and the special tokens that Moonshine puts behind it.
const LLAMA_TOKENS = 32_000
const ALL_TOKENS = 32_768

/** Silero VAD v5 inside `@ricky0123/vad-web`, which is never imported: only its data is used. */
export function sileroFile (): ModelFile {
  return { name: 'Silero VAD v5', path: require.resolve('@ricky0123/vad-web/dist/silero_vad_v5.onnx'), sha256: SILERO_SHA256 }
}

/** Moonshine inside `@usefulsensors/moonshine-js`, whose `exports` hide all but its entry. */
export function moonshineFiles (size: keyof typeof MOONSHINE): { readonly encoder: ModelFile, readonly decoder: ModelFile } {
  const entry = fileURLToPath(import.meta.resolve('@usefulsensors/moonshine-js'))
  const folder = join(dirname(entry), 'model', size, 'quantized')
  return {
    encoder: { name: `Moonshine ${size} encoder`, path: join(folder, 'encoder_model.onnx'), sha256: MOONSHINE[size].encoder },
    decoder: { name: `Moonshine ${size} decoder`, path: join(folder, 'decoder_model_merged.onnx'), sha256: MOONSHINE[size].decoder }
  }
}

/**
 * Reads the whole file: a truncated model would end the process inside native code.
 * @throws CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT
 */
export async function verifyModel (file: ModelFile): Promise<void> {
  if (!existsSync(file.path)) throw new ChorusError('CHORUS_MODEL_MISSING', [file.name, file.path, REMEDY])
  const found = await sha256Of(file.path)
  if (found !== file.sha256) throw new ChorusError('CHORUS_MODEL_CORRUPT', [`${file.name} (${file.path})`, found, file.sha256, REMEDY])
}

/**
 * Moonshine's `tokens.txt` in `folder`, made from the Llama vocabulary if it is not there: base64
 * of each token's bytes, a space, its id.
 * @throws CHORUS_MODEL_CORRUPT when the vocabulary is not the expected one
 */
export async function moonshineTokens (folder: string): Promise<ModelFile> {
  const file = { name: 'Moonshine tokens', path: join(folder, 'moonshine-tokens.txt'), sha256: TOKENS_SHA256 }
  if (existsSync(file.path) && await sha256Of(file.path) === TOKENS_SHA256) return file
  const { default: tokenizer } = await import('llama-tokenizer-js') as unknown as { default: { vocabById: readonly string[] } }
  const lines: string[] = []
  for (let id = 0; id < ALL_TOKENS; id++) {
    const token = id < LLAMA_TOKENS ? tokenBytes(tokenizer.vocabById[id]!) : Buffer.from(`<<ST_${id - LLAMA_TOKENS}>>`)
    lines.push(`${token.toString('base64')} ${id}\n`)
  }
  await mkdir(folder, { recursive: true })
  // Two servers may start at once: the file appears whole or not at all.
  const draft = `${file.path}.${process.pid}`
  await writeFile(draft, lines.join(''))
  await rename(draft, file.path)
  await verifyModel(file)
  return file
}

function tokenBytes (token: string): Buffer {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)
  return byte === null ? Buffer.from(token) : Buffer.from([parseInt(byte[1]!, 16)])
}

/** Of the whole file, in hexadecimal. */
export async function sha256Of (path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
