import { parseArgs } from 'node:util'
import { sileroFile } from '../../../native-bindings/model-files.js'
import { forbidTelemetry } from '../../../native-bindings/onnx-runtime.js'
import { loadOpus } from '../../../native-bindings/opus.js'
import { SileroVad } from '../../../native-bindings/silero-vad.js'
import { UsageError } from '../shared/usage-error.js'
import { compareOutputs, isEqual, type Comparison } from './compare.js'
import { readRecording } from './read-recording.js'
import { Diverged, recordedOutputs, rehear, type RehearParts } from './rehear.js'

export const usage = `usage: npm run replay -- [--json] FILE…

Feeds recordings (npm start -- --record) to the voice code of this build, and compares what it makes
of them with what was made of them then: the audio of each window, voice or not, every start, pause
and end of speech. Exits with 0 when all is equal, 1 when something is not, 2 when it cannot tell.
docs/replay.md`

interface Streams { readonly out: NodeJS.WritableStream, readonly error: NodeJS.WritableStream }

/** What the hearing needs, with a model for one window at a time. */
export function loadRehearParts (): RehearParts {
  forbidTelemetry()
  return { opus: loadOpus('auto'), vad: new SileroVad(sileroFile().path, 1) }
}

/** @returns the exit code */
export function runReplay (args: readonly string[], { out, error }: Streams): number {
  try {
    const { values, positionals } = readArguments(args)
    if (values.help === true) { out.write(`${usage}\n`); return 0 }
    if (positionals.length === 0) throw new UsageError('which recordings? Name their files')
    const parts = loadRehearParts()
    let hasDifference = false
    for (const file of positionals) {
      const comparison = replay(file, parts)
      hasDifference ||= !isEqual(comparison)
      out.write(values.json === true ? `${JSON.stringify({ file, isEqual: isEqual(comparison), ...comparison })}\n` : describe(file, comparison))
    }
    return hasDifference ? 1 : 0
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown
    error.write(`${thrown.message}\n`)
    return 2
  }
}

/** @throws UsageError when the file is no recording */
export function replay (file: string, parts: RehearParts): Comparison {
  const recording = readRecording(file)
  const recorded = recordedOutputs(recording)
  try {
    const replayed = rehear(recording, parts)
    // Of a file that was cut off the last outputs are missing.
    return compareOutputs(recorded, recording.isWhole ? replayed : replayed.slice(0, recorded.length), recording.header.hearing)
  } catch (error) {
    if (!(error instanceof Diverged)) throw error
    return { ...compareOutputs(recorded, [], recording.header.hearing), firstDifference: error.message }
  }
}

function readArguments (args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' }, help: { type: 'boolean' } } })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
}

function describe (file: string, comparison: Comparison): string {
  const { windows, endpoints, otherFrames, otherDecisions, maxDifference, firstDifference } = comparison
  const facts = `${windows} windows, ${endpoints} endpoints; probabilities differ by ${maxDifference.toExponential(1)} at most`
  if (isEqual(comparison)) return `equal      ${file}: ${facts}\n`
  return `DIFFERENT  ${file}: ${facts}; ${otherDecisions} windows decided otherwise, ${otherFrames} of other audio; first ${firstDifference}\n`
}
