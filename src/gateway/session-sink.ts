import type { SlotTable } from '../ring/slot-table.js'
import type { TurnTaking } from '../session/turn-taking.js'
import type { EngineSink } from '../threads/engine-sink.js'

/** Passes what the engine says to the session in the slot. */
export function sinkTo (inSlot: (slot: number) => TurnTaking | undefined, slots: () => SlotTable): EngineSink {
  return {
    onFrame: (slot, _turn, packet) => {
      const turns = inSlot(slot)
      if (turns === undefined) slots().addSent(slot)
      else turns.onFrame(packet)
    },
    onSentence: (slot, _turn, text) => { inSlot(slot)?.onSentence(text) },
    onEmotion: (slot, _turn, emotion, emoji) => { inSlot(slot)?.onEmotion(emotion, emoji) },
    onTurnEnd: (slot, _turn, isFailed) => { inSlot(slot)?.onTurnEnd(isFailed) },
    onSpeechStarted: (slot, hearing) => { inSlot(slot)?.onSpeechStarted(hearing) },
    onSpeechLasts: (slot, hearing) => { inSlot(slot)?.onSpeechLasts(hearing) },
    onEchoLasts: (slot, hearing) => { inSlot(slot)?.onSpeechLasts(hearing, true) },
    onPause: (slot, hearing) => inSlot(slot)?.onPause(hearing) ?? false,
    onEndpoint: (slot, hearing, reason) => inSlot(slot)?.onEndpoint(hearing, reason) ?? false,
    onTranscript: (slot, text, isPartial, heard) => { inSlot(slot)?.onWords(text, isPartial, heard) },
    onPartial: (slot, text) => { inSlot(slot)?.onPartialWords(text) },
    onRecognitionFailed: (slot, error) => { inSlot(slot)?.onRecognitionFailed(error) }
  }
}
