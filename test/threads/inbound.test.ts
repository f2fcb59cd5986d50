import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { ENDED_BY_SILENCE, writeEndpoint } from '../../src/ring/endpoint.js'
import { DETACHED, DOWNLINK_FRAME, EMOTION, ENDPOINT, MAX_PAYLOAD_BYTES, SENTENCE, SPEECH_STARTED, TURN_END, TURN_FAILED, TURN_OK } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import type { EngineSink } from '../../src/threads/engine-sink.js'
import { Inbound } from '../../src/threads/inbound.js'
import type { HeardIn, Recognition } from '../../src/threads/recognition.js'
import { SlotPool } from '../../src/threads/slot-pool.js'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function makeRig () {
  const slots = SlotTable.create(4)
  const pool = new SlotPool(2, 2, 1)
  const told: string[] = []
  const sink: EngineSink = {
    onFrame: (slot, turn, packet) => { told.push(`frame ${slot} ${turn} ${Buffer.from(packet).toString('hex')}`) },
    onSentence: (slot, turn, text) => { told.push(`sentence ${slot} ${turn} ${text}`) },
    onEmotion: (slot, turn, emotion, emoji) => { told.push(`emotion ${slot} ${turn} ${emotion} ${emoji}`) },
    onTurnEnd: (slot, turn, isFailed) => { told.push(`end ${slot} ${turn} ${isFailed}`) },
    onSpeechStarted: slot => { told.push(`speech ${slot}`) },
    onSpeechLasts: slot => { told.push(`lasting ${slot}`) },
    onEchoLasts: slot => { told.push(`echo ${slot}`) },
    onPause: () => assert.fail(),
    onEndpoint: () => assert.fail(),
    onTranscript: () => { assert.fail() },
    onPartial: () => { assert.fail() },
    onRecognitionFailed: () => { assert.fail() }
  }
  const recognition = {
    onEndpoint: ({ slot, generation }: HeardIn, arena: number, { pages, reason }: { pages: readonly number[], reason: number }) => {
      told.push(`endpoint ${slot} ${generation} ${arena} ${pages.join()} ${reason}`)
    }
  } as unknown as Recognition
  const ring = new ByteRing(createRingMemory(65_536))
  const inbound = new Inbound(slots, pool, sink, recognition, slot => slot >> 1)
  const header = new RecordHeader()
  const push = (kind: number, slot: number, generation: number, turn: number, payload: Uint8Array, flags = 0): void => {
    header.set(kind, slot, generation, turn).flags = flags
    assert.ok(ring.push(header, payload, payload.length))
  }
  return {
    slots,
    pool,
    told,
    push,
    voice: () => { while (inbound.takeFromVoice(ring)); },
    dialogue: () => { while (inbound.takeFromDialogue(ring)); }
  }
}

test('what belongs to the turn that is under way is passed on', () => {
  const { slots, told, push, voice, dialogue } = makeRig()
  slots.setEpoch(2, 5, 7)
  push(SENTENCE, 2, 5, 7, encode('Grüße!'))
  push(DOWNLINK_FRAME, 2, 5, 7, Uint8Array.of(1, 2))
  push(TURN_END, 2, 5, 7, encode(''), TURN_OK)
  push(TURN_END, 2, 5, 7, encode(''), TURN_FAILED)
  push(SPEECH_STARTED, 2, 5, 6, encode(''))
  voice()
  push(EMOTION, 2, 5, 7, encode('happy\t🙂'))
  dialogue()
  assert.deepEqual(told, ['sentence 2 7 Grüße!', 'frame 2 7 0102', 'end 2 7 false', 'end 2 7 true', 'speech 2', 'emotion 2 7 happy 🙂'])
})

test('what is stale goes no further, and the credit of its frames comes back', () => {
  const { slots, told, push, voice, dialogue } = makeRig()
  slots.setEpoch(2, 5, 8)
  for (const [generation, turn] of [[5, 7], [4, 8], [0, 0]] as const) {
    slots.addEncoded(2)
    push(DOWNLINK_FRAME, 2, generation, turn, Uint8Array.of(1))
    push(SENTENCE, 2, generation, turn, encode('old'))
    push(TURN_END, 2, generation, turn, encode(''))
  }
  push(SPEECH_STARTED, 2, 4, 8, encode(''))
  voice()
  push(EMOTION, 2, 5, 7, encode('sad\t🙁'))
  dialogue()
  assert.deepEqual(told, [])
  assert.equal(slots.framesAhead(2), 0)
})

test('an endpoint goes to the recogniser whoever it is of: it holds pages', () => {
  const { told, push, voice } = makeRig()
  const bytes = new Uint8Array(MAX_PAYLOAD_BYTES)
  const endpoint = { utterance: 1, startSample: 0, endSample: 9, speechEndSample: 9, reason: ENDED_BY_SILENCE, pages: [4, 2] }
  push(ENDPOINT, 3, 1, 0, bytes.slice(0, writeEndpoint(endpoint, { arrivalAt: 1, verdictAt: 2 }, bytes)))
  voice()
  assert.deepEqual(told, ['endpoint 3 1 1 4,2 0'])
})

test('a slot is free when both workers said so', () => {
  const { pool, push, voice, dialogue } = makeRig()
  const { slot, generation } = pool.lease()!
  push(DETACHED, slot, generation, 0, encode(''))
  voice()
  push(DETACHED, slot, generation, 0, encode(''))
  voice()
  assert.equal(pool.usedSlots, 1)
  push(DETACHED, slot, generation, 0, encode(''))
  dialogue()
  assert.equal(pool.usedSlots, 0)
})
