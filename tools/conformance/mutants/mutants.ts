import type { JsonObject } from '../../simulator/types.js'
import { pass, type Fault, type Message, type Out } from './faulty-proxy.js'

/** A fault, and the case that has to notice it. */
export interface Mutant {
  readonly name: string
  readonly caseId: string
  readonly make: () => Fault
  /** What becomes of the head of the answer to the upgrade. */
  readonly headOf?: (head: string) => string
}

const isA = (message: Message, type: string, state?: string): message is Extract<Message, { kind: 'text' }> => {
  return message.kind === 'text' && message.json['type'] === type && (state === undefined || message.json['state'] === state)
}

/** Changes messages of one kind; the rest passes. */
function change (type: string, state: string | undefined, how: (json: JsonObject, out: Out) => void): () => Fault {
  return () => ({ toDevice: (message, out) => { if (isA(message, type, state)) how(message.json, out); else pass(message, out) } })
}

function changeAudio (how: (data: Buffer, out: Out, index: number) => void): () => Fault {
  return () => {
    let index = 0
    return { toDevice: (message, out) => { if (message.kind === 'audio') how(message.data, out, index++); else pass(message, out) } }
  }
}

/** Messages of the device that the server never gets. */
function deafTo (type: string, state?: string): () => Fault {
  return () => ({ toServer: message => isA(message, type, state) ? undefined : message })
}

function without (json: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([name]) => name !== key))
}

function delayed (ms: number): () => Fault {
  return () => ({ toDevice: (message, out) => { out.later(ms, () => { pass(message, out) }) } })
}

/** Audio is kept back, and then sent all at once. */
function hoarded (): Fault {
  const kept: Buffer[] = []
  return {
    toDevice: (message, out) => {
      if (message.kind === 'audio') {
        kept.push(message.data)
        if (kept.length === 30) for (const data of kept.splice(0)) out.audio(data)
        return
      }
      if (isA(message, 'tts', 'stop')) for (const data of kept.splice(0)) out.audio(data)
      pass(message, out)
    }
  }
}

/** The first packet goes before the message that announces it. */
function early (): Fault {
  let start: Message | undefined
  return {
    toDevice: (message, out) => {
      if (isA(message, 'tts', 'start')) { start = message; return }
      pass(message, out)
      if (start !== undefined && message.kind === 'audio') { pass(start, out); start = undefined }
    }
  }
}

/** The announcement waits for the first packet and goes right before it. */
function lateStart (): Fault {
  const held: Message[] = []
  return {
    toDevice: (message, out) => {
      const isHeld = held.length > 0 ? message.kind === 'text' : isA(message, 'tts', 'start')
      if (isHeld) held.push(message)
      else for (const one of [...held.splice(0), message]) pass(one, out)
    }
  }
}

/** The stop comes after so many packets, and the rest behind it. */
function earlyStop (): Fault {
  let count = 0
  return {
    toDevice: (message, out) => {
      pass(message, out)
      if (message.kind === 'audio' && ++count === 5) out.text({ type: 'tts', state: 'stop' })
    }
  }
}

function slow (): Fault {
  let index = 0
  return { toDevice: (message, out) => { out.later(message.kind === 'audio' ? index++ * 15 : index * 15, () => { pass(message, out) }) } }
}

export const mutants: readonly Mutant[] = [
  { name: 'hello without transport', caseId: 'T023', make: change('hello', undefined, (json, out) => { out.text(without(json, 'transport')) }) },
  { name: 'two hellos', caseId: 'T023', make: change('hello', undefined, (json, out) => { out.text(json); out.text(json) }) },
  { name: 'a late hello', caseId: 'T023', make: change('hello', undefined, (json, out) => { out.later(2000, () => { out.text(json) }) }) },
  { name: 'a session id with quotes', caseId: 'T024', make: change('hello', undefined, (json, out) => { out.text({ ...json, session_id: 'a "b"' }) }) },
  { name: 'a sample rate of 22050', caseId: 'T060', make: change('hello', undefined, (json, out) => { out.text({ ...json, audio_params: { sample_rate: 22050, frame_duration: 60 } }) }) },
  { name: 'hello without audio_params', caseId: 'T025', make: change('hello', undefined, (json, out) => { out.text(without(json, 'audio_params')) }) },
  { name: 'hello to who said none', caseId: 'T026', make: () => ({ onClose: () => false }) },
  { name: 'an extension', caseId: 'T018', make: () => ({}), headOf: head => `${head}Sec-WebSocket-Extensions: permessage-deflate\r\n` },
  { name: 'HTTP/1.0', caseId: 'T018', make: () => ({}), headOf: head => head.replace('HTTP/1.1', 'HTTP/1.0') },
  { name: 'two tts stops', caseId: 'T054', make: change('tts', 'stop', (json, out) => { out.text(json); out.text(json) }) },
  { name: 'no tts stop', caseId: 'T054', make: change('tts', 'stop', () => {}) },
  { name: 'audio before tts start', caseId: 'T054', make: early },
  { name: 'an early tts stop', caseId: 'T054', make: earlyStop },
  { name: 'no stt', caseId: 'T054', make: change('stt', undefined, () => {}) },
  { name: 'no pause behind tts start', caseId: 'T055', make: lateStart },
  { name: 'thirty packets ahead', caseId: 'T056', make: hoarded },
  { name: 'audio that falls behind', caseId: 'T056', make: slow },
  { name: 'mixed lengths of packets', caseId: 'T058', make: changeAudio((data, out, index) => { out.audio(index === 4 ? Buffer.of(0x48, ...data.subarray(1)) : data) }) },
  { name: 'an empty packet', caseId: 'T058', make: changeAudio((data, out, index) => { out.audio(index === 4 ? Buffer.alloc(0) : data) }) },
  { name: 'stereo packets', caseId: 'T061', make: changeAudio((data, out) => { out.audio(Buffer.of(data[0]! | 4, ...data.subarray(1))) }) },
  { name: 'start and stop around each sentence', caseId: 'T063', make: change('tts', 'sentence_start', (json, out) => { out.text({ type: 'tts', state: 'stop' }); out.text({ type: 'tts', state: 'start' }); out.text(json) }) },
  { name: 'a wrong length in version 2', caseId: 'T030', make: changeAudio((data, out) => { const wrong = Buffer.from(data); wrong.writeUInt32BE(data.length, 12); out.audio(wrong) }) },
  { name: 'type 1 in version 2', caseId: 'T030', make: changeAudio((data, out) => { const wrong = Buffer.from(data); wrong.writeUInt16BE(1, 2); out.audio(wrong) }) },
  { name: 'a wrong length in version 3', caseId: 'T031', make: changeAudio((data, out) => { const wrong = Buffer.from(data); wrong.writeUInt16BE(data.length, 2); out.audio(wrong) }) },
  { name: 'compressed frames', caseId: 'T159', make: () => ({ toDevice: (message, out) => { if (message.kind === 'text') out.frame(1, Buffer.from(message.text), 0x40); else pass(message, out) } }) },
  { name: 'sentence_end', caseId: 'T126', make: change('tts', 'stop', (json, out) => { out.text({ type: 'tts', state: 'sentence_end', text: 'x' }); out.text(json) }) },
  { name: 'an unknown emotion', caseId: 'T071', make: change('llm', undefined, (json, out) => { out.text({ ...json, emotion: 'ecstatic' }) }) },
  { name: 'MCP without the feature', caseId: 'T102', make: change('hello', undefined, (json, out) => { out.text(json); out.text({ type: 'mcp', payload: { jsonrpc: '2.0', id: 1, method: 'initialize' } }) }) },
  { name: 'MCP ids as texts', caseId: 'T101', make: change('mcp', undefined, (json, out) => { const payload = json['payload'] as JsonObject; out.text({ ...json, payload: { ...payload, id: String(payload['id']) } }) }) },
  { name: 'glyphs unasked', caseId: 'T127', make: change('tts', 'sentence_start', (json, out) => { out.text({ ...json, glyph_push: { v: 1 } }) }) },
  { name: 'abort is not heeded', caseId: 'T091', make: deafTo('abort') },
  { name: 'listen stop is not heeded', caseId: 'T076', make: deafTo('listen', 'stop') },
  { name: 'listen start is not heeded', caseId: 'T041', make: deafTo('listen', 'start') },
  { name: 'text chat is not heeded', caseId: 'MSG-06', make: deafTo('listen', 'detect') },
  { name: 'everything half a second late', caseId: 'T091', make: delayed(600) },
  { name: 'broken JSON', caseId: 'T073', make: change('tts', 'sentence_start', (_json, out) => { out.frame(1, Buffer.from('{"type":"tts","state":"sentence_start","text":"say "hi""}')) }) }
]

/** Gives back what it gets, and nothing else: no server at all. */
export function echo (): Fault {
  return {
    toServer: (message, out) => { pass(message, out); return undefined },
    toDevice: () => {}
  }
}
