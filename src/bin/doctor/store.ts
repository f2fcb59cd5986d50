import type { Config } from '../../core/config-schema.js'
import { ChorusError } from '../../core/errors.js'
import { inspectStore, type StoreFacts } from '../../store/inspect-store.js'
import { fail, ok, warn, type Finding } from './finding.js'

const FALLBACK = 'node-sqlite3-wasm'

/** Can the list of devices be read and written? Nothing is made or changed. */
export function checkStore ({ data, store }: Pick<Config, 'data' | 'store'>): Finding {
  try {
    return judgeStore(inspectStore(data, store.busyTimeoutMs))
  } catch (error) {
    if (!(error instanceof ChorusError)) throw error
    return fail('store', `${error.code}: ${error.message}`, 'docs/errors.md has more on this code')
  }
}

export function judgeStore ({ file, library, version, newest }: StoreFacts): Finding {
  if (version !== undefined && version > newest) {
    return fail('store', `${file} has schema ${version}, and this Chorus knows ${newest}`, 'start the newer Chorus that made it, or name another directory with --data')
  }
  const schema = version === undefined ? 'made at the first start' : version === newest ? `schema ${version}` : `schema ${version}, brought to ${newest} at the next start`
  const text = `${file}, ${schema}, through ${library}`
  return library === FALLBACK ? warn('store', text, 'run npm ci without leaving out optional packages, or use Node.js 22.13 or newer: this one is slow') : ok('store', text)
}
