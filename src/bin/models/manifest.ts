import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type, type Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import type { Config } from '../../core/config-schema.js'
import { projectDir } from '../../core/config.js'
import { ChorusError, describeError } from '../../core/errors.js'
import { findNearMiss } from '../../core/near-miss.js'

const strict = { additionalProperties: false } as const
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const bytes = Type.Integer({ minimum: 1 })
// Part of a path of ours and of an address: no separators, and nothing hidden.
const plainName = { pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]*$' } as const
const innerPath = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*$' })

const fileSchema = Type.Object({ path: innerPath, bytes: Type.Optional(bytes), sha256: Type.Optional(sha256) }, strict)

const modelSchema = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$' }),
  title: Type.String({ minLength: 1 }),
  kind: Type.String({ minLength: 1 }),
  use: Type.String({ minLength: 1 }),
  languages: Type.Array(Type.String({ pattern: '^[a-z]{2,3}$' })),
  licence: Type.Object({ name: Type.String({ minLength: 1 }), url: Type.String({ pattern: '^https?://' }), permissive: Type.Boolean() }, strict),
  about: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  download: Type.Object({
    file: Type.String(plainName),
    tag: Type.Optional(Type.String(plainName)),
    url: Type.Optional(Type.String({ pattern: '^https?://' })),
    bytes: Type.Optional(bytes),
    sha256: Type.Optional(sha256)
  }, strict),
  huggingFace: Type.Optional(Type.String({ pattern: '^[\\w.-]+/[\\w.-]+$' })),
  files: Type.Record(Type.String(), fileSchema, { minProperties: 1 }),
  folders: Type.Optional(Type.Array(innerPath)),
  with: Type.Optional(Type.Array(Type.String()))
}, strict)

/** A model that can be installed, as `config/models.yaml` explains it. */
export type Model = Static<typeof modelSchema>
export type Manifest = readonly Model[]

const ajv = new Ajv({ strict: true })
const validate = ajv.compile<Model[]>(Type.Array(modelSchema))

/** That of Chorus. */
export const OWN_MANIFEST = join(projectDir, 'config', 'models.yaml')

/**
 * All models: those of Chorus, and those of the operator, which replace others of their name.
 * @throws CHORUS_CONFIG_INVALID, CHORUS_CONFIG_UNREADABLE
 */
export function loadManifest ({ models }: { readonly models: Pick<Config['models'], 'manifest'> }): Manifest {
  const all = new Map(readManifest(OWN_MANIFEST).map(model => [model.name, model]))
  if (models.manifest !== '') for (const model of readManifest(models.manifest)) all.set(model.name, model)
  for (const model of all.values()) {
    const missing = model.with?.find(name => !all.has(name))
    if (missing !== undefined) throw new ChorusError('CHORUS_CONFIG_INVALID', [`the manifest of models (${model.name}, with)`, `"${missing}"`, 'the name of a model'])
  }
  return [...all.values()]
}

/** @throws CHORUS_CONFIG_INVALID when there is none of that name */
export function findModel (manifest: Manifest, name: string, source: string): Model {
  const found = manifest.find(model => model.name === name)
  if (found !== undefined) return found
  const names = manifest.map(model => model.name)
  const near = findNearMiss(name, names)
  throw new ChorusError('CHORUS_CONFIG_INVALID', [source, `"${name}"`, near === undefined ? `one of ${names.join(', ')}` : `the name of a model, perhaps "${near}"`])
}

/** The model and those that it does not work without, those first. */
export function withNeeded (manifest: Manifest, model: Model): Model[] {
  return [...(model.with ?? []).map(name => findModel(manifest, name, model.name)), model]
}

/** "Chinese, English", or how many they are. */
export function describeLanguages (languages: readonly string[], most = Infinity): string {
  if (languages.length === 0) return 'any'
  if (languages.length > most) return `${languages.length} languages`
  const names = new Intl.DisplayNames(['en'], { type: 'language' })
  return languages.map(language => names.of(language) ?? language).join(', ')
}

function readManifest (path: string): Model[] {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ChorusError('CHORUS_CONFIG_UNREADABLE', [path, describeError(error).split('\n')[0]!], { cause: error })
  }
  if (!validate(value)) {
    const fault = validate.errors![0]!
    const extra = 'additionalProperty' in fault.params ? ` "${String(fault.params['additionalProperty'])}"` : ''
    throw new ChorusError('CHORUS_CONFIG_INVALID', [`${path}${nameIn(value, fault.instancePath)}`, `it${extra}`, `a list of models as config/models.yaml explains them: ${fault.message}`])
  }
  for (const model of value) requireAddress(path, model)
  return value
}

function requireAddress (path: string, { name, download: { file, tag, url }, files }: Model): void {
  if (tag === undefined && url === undefined) throw new ChorusError('CHORUS_CONFIG_INVALID', [`${path} (${name}, download)`, 'it', 'a tag or a url'])
  if (!isArchive(file) && Object.values(files).some(({ path }) => path !== file)) {
    throw new ChorusError('CHORUS_CONFIG_INVALID', [`${path} (${name}, files)`, 'it', `nothing but ${file}, which is no .tar.bz2`])
  }
}

/** Is it unpacked? */
export function isArchive (file: string): boolean { return file.endsWith('.tar.bz2') }

// "/3/licence/url" says less to people than the name of the model does.
function nameIn (value: unknown, instancePath: string): string {
  const [, index, ...rest] = instancePath.split('/')
  const model: unknown = Array.isArray(value) && index !== undefined ? value[Number(index)] : undefined
  const name = typeof model === 'object' && model !== null && 'name' in model && typeof model.name === 'string' ? model.name : index
  return name === undefined ? '' : ` (${[name, ...rest].join(', ')})`
}
