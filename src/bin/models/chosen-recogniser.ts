import type { RecogniserPaths, StreamingPaths } from '../../core/model-paths.js'
import type { Config } from '../../core/config-schema.js'

export interface ChosenRecogniser {
  /** For the inference workers; undefined where something else recognises. */
  readonly paths: RecogniserPaths | undefined
  /** For the streaming worker. */
  readonly streaming?: StreamingPaths
  /** As in the log: name and languages, or where it is. */
  readonly title: string
  /** BCP 47 primary subtags; undefined: whatever is spoken. */
  readonly languages: ReadonlySet<string> | undefined
  /** Why a model that is installed was passed over. */
  readonly trouble?: string
}

export interface ChoiceOptions {
  readonly config: Config
  /** Where a setting came from, for messages. */
  readonly sourceOf: (path: string) => string
  readonly signal: AbortSignal
}
