import type { TSchema } from '@sinclair/typebox'
import { configSchema } from './config-schema.js'

/** One setting of the schema. */
export interface ConfigLeaf {
  /** `gateway.port` */
  readonly path: string
  /** `CHORUS_GATEWAY_PORT` */
  readonly envName: string
  readonly schema: TSchema
  readonly kind: 'text' | 'texts' | 'number' | 'boolean'
  readonly isSecret: boolean
}

/** One section of the schema; the whole has the path ''. */
export interface ConfigGroup {
  readonly path: string
  readonly description: string
}

/** Every setting by its path, in the order of the schema. */
export const configLeaves: ReadonlyMap<string, ConfigLeaf> = new Map(listLeaves(configSchema, '').map(leaf => [leaf.path, leaf]))

/** Every section by its path, in the order of the schema. */
export const configGroups: ReadonlyMap<string, ConfigGroup> = new Map(listGroups(configSchema, '').map(group => [group.path, group]))

/** What a setting accepts, as the end of "expected …". */
export function describeExpected ({ schema }: ConfigLeaf): string {
  if (typeof schema['expects'] === 'string') return schema['expects']
  if (Array.isArray(schema['enum'])) return `one of ${schema['enum'].join(', ')}`
  const from = schema['minimum'] === undefined ? '' : ` from ${schema['minimum']}`
  const to = schema['maximum'] === undefined ? '' : ` to ${schema['maximum']}`
  switch (schema['type']) {
    case 'integer': return `a whole number${from}${to}`
    case 'number': return `a number${from}${to}`
    case 'boolean': return 'true or false'
    case 'array': return 'a list of texts that are not empty'
    default: return schema['minLength'] > 1 ? `a text of at least ${schema['minLength']} characters` : schema['minLength'] === 1 ? 'a text that is not empty' : 'a text'
  }
}

/** `llm.openai.apiKey` → `CHORUS_LLM_OPENAI_API_KEY` */
function toEnvName (path: string): string {
  return 'CHORUS_' + path.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('.', '_').toUpperCase()
}

function listLeaves (schema: TSchema, prefix: string): ConfigLeaf[] {
  return propertiesOf(schema).flatMap(([key, child]) => {
    const path = prefix + key
    if (isGroup(child)) return listLeaves(child, `${path}.`)
    return [{ path, envName: toEnvName(path), schema: child, kind: kindOf(child), isSecret: child['secret'] === true }]
  })
}

function listGroups (schema: TSchema, path: string): ConfigGroup[] {
  const own = { path, description: schema.description ?? '' }
  return [own, ...propertiesOf(schema)
    .filter(([, child]) => isGroup(child))
    .flatMap(([key, child]) => listGroups(child, path === '' ? key : `${path}.${key}`))]
}

function isGroup (schema: TSchema): boolean { return schema['type'] === 'object' }

function propertiesOf (schema: TSchema): Array<[string, TSchema]> {
  const properties: Record<string, TSchema> = schema['properties']
  return Object.entries(properties)
}

function kindOf (schema: TSchema): ConfigLeaf['kind'] {
  switch (schema['type']) {
    case 'integer': case 'number': return 'number'
    case 'boolean': return 'boolean'
    case 'array': return 'texts'
    default: return 'text'
  }
}
