/** The cases that time a file of the hot path, or why none does. */
export type Coverage = { readonly cases: readonly string[] } | { readonly without: string }

/**
 * Every file that begins with `// hot path`, with the cases in which its work is a good part of
 * what is timed. A test holds it complete.
 */
export const hotFiles: Readonly<Record<string, Coverage>> = {
  'native-bindings/opus-packet.ts': { cases: ['packet-check'] },
  'native-bindings/silero-vad.ts': { cases: ['vad'] },
  'src/protocol/audio-frame.ts': { cases: ['frame-in', 'frame-out'] },
  'src/protocol/opus-toc.ts': { cases: ['frame-in'] },
  'src/ring/byte-ring.ts': { cases: ['ring-one-thread', 'ring'] },
  'src/ring/doorbell.ts': { cases: ['doorbell', 'ring'] },
  'src/ring/layout.ts': { without: 'constants, and one sum that byte-ring.ts takes' },
  'src/ring/microseconds.ts': { cases: ['clock'] },
  'src/ring/outbox.ts': { cases: ['outbox'] },
  'src/ring/record-header.ts': { cases: ['ring-one-thread'] },
  'src/ring/slot-table.ts': { cases: ['slots'] },
  'src/ring/utterance-arena.ts': { cases: ['arena'] },
  'src/ring/voice-counters.ts': { cases: ['counters'] },
  'src/session/flood-guard.ts': { cases: ['flood-guard'] },
  'src/session/packet-queue.ts': { cases: ['packet-queue'] },
  'src/session/playout.ts': { cases: ['playout'] },
  'src/session/playout-clock.ts': { cases: ['playout-clock'] },
  'src/threads/inbound.ts': { cases: ['inbound'] },
  'src/threads/seat-handle.ts': { cases: ['seat-handle'] },
  'workers/voice/arrival-log.ts': { cases: ['arrival-log'] },
  'workers/voice/barge-in.ts': { cases: ['barge-in'] },
  'workers/voice/echo-detector.ts': { cases: ['echo'] },
  'workers/voice/encode-queue.ts': { cases: ['encode-queue'] },
  'workers/voice/endpointer.ts': { cases: ['endpointer'] },
  'workers/voice/energy-gate.ts': { cases: ['energy-gate'] },
  'workers/voice/hearing.ts': { cases: ['hearing'] },
  'workers/voice/level-track.ts': { cases: ['level-track'] },
  'workers/voice/marker-queue.ts': { cases: ['marker-queue'] },
  'workers/voice/packet-decoder.ts': { cases: ['conceal'] },
  'workers/voice/recent-samples.ts': { cases: ['recent-samples'] },
  'workers/voice/sample-fifo.ts': { cases: ['sample-fifo'] },
  'workers/voice/seat.ts': { without: 'tells of utterances, a few times in a conversation; outbox.ts does the work' },
  'workers/voice/speaking.ts': { cases: ['speaking'] },
  'workers/voice/speech-tap.ts': { cases: ['speech-tap'] },
  'workers/voice/utterance.ts': { cases: ['utterance'] },
  'workers/voice/vad-batcher.ts': { cases: ['voice-loop'] },
  'workers/voice/voice-loop.ts': { cases: ['voice-loop'] }
}
