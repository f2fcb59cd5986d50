import type { TestContext } from 'node:test'
import { SocketVoice, type VoiceProtocol } from '../../../src/providers/tts/socket-voice.js'
import type { PcmChunk, SpeechRequest, Tts } from '../../../src/providers/types.js'
import { pcmRamp, type WireFault } from '../../support/fake-openai.js'
import { FakeVendor, type ScriptedSocket, type VendorRequest } from '../../support/fake-vendor.js'
import type { Traits, TtsRig } from '../tts-conformance.js'

/** What a script of a vendor has at hand. */
export interface VoiceScript {
  /** @throws Complaint for a request that is refused */
  readonly handshake: (request: VendorRequest) => void
  /** One session after the other, until the client goes; `sound` is what is spoken in each. */
  readonly session: (socket: ScriptedSocket, sound: readonly Buffer[]) => Promise<void>
  /** What a connection begins with. */
  readonly greet?: (socket: ScriptedSocket) => Promise<void>
  /** Messages that a vendor sends on a connection before the first sound. */
  readonly prelude: number
  /** Sound as this vendor sends it; default: raw PCM. */
  readonly soundOf?: (samples: number) => Buffer[]
}

export interface VoiceRig extends TtsRig { readonly fake: FakeVendor }

export const socketTraits: Traits = {
  wire: 'socket',
  rubbish: ['<html>Sign in</html>', '', '{"code":1,"message":"no such voice"}'].map(body => ({ kind: 'rubbish', contentType: '', body }))
}

const PIECE_BYTES = 999 // cuts samples in two

/** A voice over a WebSocket beside the script of its vendor; nothing is to be complained about. */
export async function startVoice (t: TestContext, script: VoiceScript, protocol: (url: string) => VoiceProtocol): Promise<VoiceRig> {
  let samples = 1500
  const waiters: Array<(request: VendorRequest) => void> = []
  const fake = await FakeVendor.start(t, {
    handshake: script.handshake,
    socket: async (socket, request) => {
      await script.greet?.(socket)
      for (;;) {
        await socket.peek()
        waiters.shift()?.(request)
        await script.session(socket, (script.soundOf ?? piecesOfPcm)(samples))
      }
    }
  })
  const tts = new SocketVoice(protocol(fake.socketUrl), 60_000)
  t.after(() => tts.close())
  return {
    fake,
    tts,
    sampleRateHz: 24_000,
    answer (count) { samples = count },
    fail (fault) { fake.fail(later(fault, script.prelude)) },
    // A connection, or a session on one that is open.
    nextRequest: () => Promise.race([fake.nextRequest(), new Promise<VendorRequest>(resolve => { waiters.push(resolve) })]),
    countRequests: () => fake.requests.length
  }
}

export async function speak (tts: Tts, request: Partial<SpeechRequest> = {}): Promise<PcmChunk[]> {
  const chunks: PcmChunk[] = []
  const full = { text: 'Hello.', language: 'en', signal: new AbortController().signal, ...request }
  for await (const chunk of tts.synthesise(full)) chunks.push(chunk)
  return chunks
}

export function piecesOfPcm (samples: number): Buffer[] {
  const all = Buffer.from(pcmRamp(0, samples))
  const pieces = Math.ceil(all.length / PIECE_BYTES)
  return Array.from({ length: pieces }, (_, index) => all.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES))
}

/** The suite counts sounds. */
function later (fault: WireFault, prelude: number): WireFault {
  return fault.kind === 'hang-mid-stream' || fault.kind === 'die-mid-stream' ? { ...fault, after: fault.after + prelude } : fault
}
