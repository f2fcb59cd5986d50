// npm run bench:recognition
//
// How much the codec of real firmware costs the recogniser: each English clip as it is, and through
// the firmware's encoder at many alignments to its 60 ms frames, then decoded, cut out by the voice
// detection and recognised as the server does it. One JSON line for each case.
import { sileroFile } from '../native-bindings/model-files.js'
import { loadOpus } from '../native-bindings/opus.js'
import { SileroVad } from '../native-bindings/silero-vad.js'
import { makeConfig } from '../src/core/config.js'
import type { Endpoint } from '../src/ring/endpoint.js'
import { VoiceCounters } from '../src/ring/voice-counters.js'
import { createArenaMemory, UtteranceArena } from '../src/ring/utterance-arena.js'
import { TAIL_SAMPLES } from '../src/threads/recognition.js'
import { clips, loadClip } from '../test/support/clips.js'
import { countWordErrors } from '../test/support/word-error-rate.js'
import { encodeClip } from '../tools/simulator/uplink-source.js'
import { Hearing } from '../workers/voice/hearing.js'
import { machineFacts } from './support/machine-facts.js'
import { loadMoonshine } from './support/moonshine.js'

const ALIGNMENTS = 24
/** Prime, so that the alignments to the frame of 960 samples differ. */
const STEP_SAMPLES = 131
const LEAD_SAMPLES = 8000
const TAIL_OF_QUIET = 16_000

const recogniser = await loadMoonshine()
const vad = new SileroVad(sileroFile().path, 1)
const opus = loadOpus('auto')
const facts = { bench: 'recognition', ...machineFacts() }

for (const [name, clip] of Object.entries(clips)) {
  if (clip.language !== 'en') continue
  const samples = loadClip(clip)
  report(`${name}, as recorded`, clip.text, [recogniser.recognise(Float32Array.from(samples, sample => sample / 32_768))])
  const heard = Array.from({ length: ALIGNMENTS }, (_, index) => hear(samples, LEAD_SAMPLES + index * STEP_SAMPLES))
  report(`${name}, firmware codec`, clip.text, heard)
}

function report (label: string, text: string, heard: readonly string[]): void {
  const counts = heard.map(words => countWordErrors(text, words))
  const errors = counts.reduce((sum, count) => sum + count.errors, 0)
  const words = counts.reduce((sum, count) => sum + count.words, 0)
  const exact = counts.filter(count => count.errors === 0).length
  process.stdout.write(`${JSON.stringify({ ...facts, case: label, samples: heard.length, exact, wordErrorRate: Number((errors / words).toFixed(3)) })}\n`)
}

/** What the server would have heard: encoder, decoder, voice detection, recogniser. */
function hear (samples: Int16Array, lead: number): string {
  const stream = new Int16Array(lead + samples.length + TAIL_OF_QUIET)
  stream.set(samples, lead)
  const arena = new UtteranceArena(createArenaMemory(32))
  const endpoints: Endpoint[] = []
  const hearing = new Hearing(opus.createDecoder(16_000), arena, { ...makeConfig().hearing, pauseMs: 0 }, new VoiceCounters())
  const onEndpoint = (endpoint: Endpoint): void => { endpoints.push(endpoint) }
  hearing.reset({ onSpeechStarted () {}, onSpeechLasts () {}, onEchoLasts () {}, onPause () {}, onEndpoint })
  hearing.start(false)
  for (const packet of encodeClip(stream)) {
    hearing.acceptPacket(packet, packet.length, 0)
    while (hearing.hasWindow) {
      hearing.loadWindow()
      vad.run([hearing.stream], 1)
      hearing.judgeWindow(0)
    }
  }
  return endpoints.map(({ pages, startSample, endSample, speechEndSample }) => {
    const count = Math.min(endSample, speechEndSample + TAIL_SAMPLES) - startSample
    return recogniser.recognise(arena.readFloats(pages, count))
  }).join(' ')
}
