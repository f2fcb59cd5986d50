// node build/bench/mock-ai.js [options]
//
// An AI service with latencies and faults that are set, in a process of its own, for load without
// models. It says in one JSON line where it serves, and ends on SIGTERM.
import { findOwnFile, readSpeechFile } from '../src/bin/shared/speech-file.js'
import { resample } from '../src/bin/shared/resample.js'
import { UsageError } from '../src/bin/shared/usage-error.js'
import { findActiveSpeech } from '../tools/simulator/active-speech.js'
import { OptionError } from './mock-ai/option-error.js'
import { parseOptions, usage, type MockAiOptions } from './mock-ai/options.js'
import { MockAiService } from './mock-ai/service.js'
import { SPEECH_HZ } from './mock-ai/speech.js'

const DEFAULT_VOICE = 'test/fixtures/en-chieftain.wav'
const RECORDED_HZ = 16_000

try {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) process.stdout.write(usage)
  else await serve(options)
} catch (error) {
  const isWrongCall = error instanceof OptionError || error instanceof UsageError
  process.stderr.write(`mock-ai: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = isWrongCall ? 2 : 1
}

async function serve (options: MockAiOptions): Promise<void> {
  const service = new MockAiService(options, loadVoice(options.wav ?? findOwnFile(DEFAULT_VOICE)))
  const port = await service.listen()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void service.close() })
  process.stdout.write(`${JSON.stringify({ event: 'ready', port, baseUrl: `http://127.0.0.1:${port}/v1` })}\n`)
}

// Without the silence around it: what repeats shall be speech.
function loadVoice (file: string): Int16Array {
  const { pcm } = readSpeechFile(file)
  const { start, end } = findActiveSpeech(pcm, RECORDED_HZ)
  if (end === start) throw new UsageError(`${file} holds nothing but silence`)
  return resample(pcm.subarray(start, end), RECORDED_HZ, SPEECH_HZ)
}
