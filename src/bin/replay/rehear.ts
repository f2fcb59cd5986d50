import type { OpusLibrary } from '../../../native-bindings/opus.js'
import type { SileroVad, VadStream } from '../../../native-bindings/silero-vad.js'
import { ECHO_LASTS, ENDPOINT, PAUSE, SPEECH_LASTS, SPEECH_STARTED } from '../../ring/layout.js'
import type { Endpoint } from '../../ring/endpoint.js'
import { createArenaMemory, UtteranceArena } from '../../ring/utterance-arena.js'
import { VoiceCounters } from '../../ring/voice-counters.js'
import { Hearing, RATE_HZ } from '../../../workers/voice/hearing.js'
import {
  AGREES, ANSWERS, END, FINISHES, FRAME, hashSamples, PLAYS, STARTS, STOPS, TOLD, TOLD_ENDPOINT, WINDOW
} from '../../../workers/voice/recording-format.js'
import type { HearingOptions } from '../../../workers/voice/hearing-options.js'
import type { HearingSink } from '../../../workers/voice/types.js'
import type { Recording, RecordingEntry } from './read-recording.js'

const PAGES = 64

/** What a hearing made of its input; both the recording and its replay are read as this. */
export type Output =
  | { readonly kind: 'window', readonly probability: number, readonly hash: number }
  | { readonly kind: 'told', readonly what: number, readonly endpoint?: readonly number[] }
  /** Hears no more, by order. */
  | { readonly kind: 'stopped' }

/** What was written down when it happened. */
export function recordedOutputs ({ entries }: Recording): Output[] {
  return entries.flatMap(({ kind, extra, payload }): Output[] => {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    if (kind === WINDOW) return [{ kind: 'window', probability: view.getFloat32(0, true), hash: view.getUint32(4, true) }]
    if (kind === TOLD) return [{ kind: 'told', what: extra }]
    if (kind === STOPS) return [{ kind: 'stopped' }]
    if (kind !== TOLD_ENDPOINT) return []
    return [{ kind: 'told', what: extra, endpoint: Array.from({ length: payload.length / 4 }, (_, word) => view.getUint32(word * 4, true)) }]
  })
}

export interface RehearParts { readonly opus: OpusLibrary, readonly vad: SileroVad }

/** Where the input asked for a window that is not there: what came before was another audio. */
export class Diverged extends Error { override readonly name = 'Diverged' }

/**
 * Feeds a recording's input to this build's hearing, as fast as it goes: each input comes when as
 * many windows have been judged as were when it came. With other settings it comes when all have
 * been that are there.
 * @throws Diverged
 */
export function rehear ({ header, entries }: Recording, { opus, vad }: RehearParts, overrides: Partial<HearingOptions> = {}): Output[] {
  const outputs: Output[] = []
  const arena = new UtteranceArena(createArenaMemory(PAGES))
  const hearing = new Hearing(opus.createDecoder(RATE_HZ), arena, { ...header.hearing, ...overrides }, new VoiceCounters())
  const streams: VadStream[] = [hearing.stream]
  let windows = 0
  hearing.reset(makeSink(outputs, arena))

  const judge = (): void => {
    hearing.loadWindow()
    vad.run(streams, 1)
    windows++
    outputs.push({ kind: 'window', probability: hearing.stream.probability, hash: hashSamples(hearing.stream.window) })
    hearing.judgeWindow(0)
  }
  const makeRoom = (): void => { while (hearing.isFull && hearing.hasWindow) judge() }
  const stop = (): void => {
    hearing.stop()
    outputs.push({ kind: 'stopped' })
  }
  const apply = ({ kind, extra, payload }: RecordingEntry): void => {
    if (kind === FRAME) {
      for (let hole = 0; hole < extra; hole++) { makeRoom(); hearing.conceal() }
      makeRoom()
      hearing.acceptPacket(payload, payload.length, 0)
    } else if (kind === STARTS) hearing.start(extra === 1)
    else if (kind === FINISHES) hearing.finish(extra, 0)
    else if (kind === STOPS) stop()
    else if (kind === AGREES) hearing.agree(new DataView(payload.buffer).getUint32(0, true))
    else if (kind === ANSWERS) hearing.echo?.beginAnswer()
    else if (kind === PLAYS) hearing.echo?.play(new Int16Array(payload.buffer, 0, payload.length >> 1), extra * 100)
  }

  const hasOthers = Object.keys(overrides).length > 0
  const judgeUntil = (count: number): void => {
    while (hasOthers ? hearing.hasWindow : windows < count) {
      if (!hearing.hasWindow) throw new Diverged(`the recording has window ${windows + 1} here, and this build has no audio for it`)
      judge()
    }
  }

  for (const entry of entries) {
    if (entry.kind >= WINDOW && entry.kind !== END) continue
    judgeUntil(entry.windows)
    apply(entry)
  }
  judgeUntil(entries.filter(({ kind }) => kind === WINDOW).length) // a file that was cut off has no END
  return outputs
}

function makeSink (outputs: Output[], arena: UtteranceArena): HearingSink {
  const told = (what: number): void => { outputs.push({ kind: 'told', what }) }
  const toldEndpoint = (what: number, { utterance, startSample, endSample, speechEndSample, reason, pages }: Endpoint): void => {
    outputs.push({ kind: 'told', what, endpoint: [utterance, startSample, endSample, speechEndSample, reason] })
    for (const page of pages) arena.release(page)
  }
  return {
    onSpeechStarted: () => { told(SPEECH_STARTED) },
    onSpeechLasts: () => { told(SPEECH_LASTS) },
    onEchoLasts: () => { told(ECHO_LASTS) },
    onPause: endpoint => { toldEndpoint(PAUSE, endpoint) },
    onEndpoint: endpoint => { toldEndpoint(ENDPOINT, endpoint) }
  }
}
