import { isAudio, isClosed, isSentence, isStart, isStop, type Audio, type Text } from './arrivals.js'
import { FRAME_MS, type DeviceLink } from './device-link.js'
import { check } from './verdicts.js'

export interface Turn {
  readonly stt: readonly Text[]
  readonly start: Text
  readonly stop: Text
  readonly sentences: readonly Text[]
  readonly emotions: readonly Text[]
  readonly frames: readonly Audio[]
}

export interface TurnLimits { readonly startMs: number, readonly stopMs: number }

/** Waits until the answer that begins after the mark is over. @throws Unmet */
export async function expectTurn (device: DeviceLink, mark: number, limits: TurnLimits): Promise<Turn> {
  await device.expect('tts start', isStart, limits.startMs, mark)
  const stop = await device.expect('tts stop', isStop, limits.stopMs, mark) as Text
  const all = device.arrivals.from(mark)
  const during = all.slice(0, all.indexOf(stop) + 1)
  return {
    stt: device.texts('stt', undefined, mark),
    start: during.find(isStart) as Text,
    stop,
    sentences: during.filter(isSentence) as Text[],
    emotions: during.filter((arrival): arrival is Text => arrival.kind === 'text' && arrival.json?.['type'] === 'llm'),
    frames: during.filter(isAudio) as Audio[]
  }
}

/** The order that devices and their users rely on. @throws Unmet */
export function checkOrder (device: DeviceLink, mark: number, turn: Turn): void {
  const all = device.arrivals.from(mark)
  const startAt = all.indexOf(turn.start)
  const stopAt = all.indexOf(turn.stop)
  const firstFrame = all.findIndex(isAudio)
  check(firstFrame < 0 || firstFrame > startAt, 'no audio before tts start', device.arrivals.describe(mark))
  check(!all.slice(stopAt + 1).some(isAudio), 'no audio after tts stop', device.arrivals.describe(mark))
  check(all.slice(0, stopAt + 1).filter(isStart).length === 1, 'one tts start in a turn', device.arrivals.describe(mark))
  const firstSentence = all.findIndex(isSentence)
  check(firstSentence < 0 || firstSentence > startAt, 'sentence_start after tts start', device.arrivals.describe(mark))
}

/** No second stop, and nothing else of the turn, comes after it. @throws Unmet */
export async function checkQuietAfter (device: DeviceLink, turn: Turn, forMs: number): Promise<void> {
  const mark = device.arrivals.list.indexOf(turn.stop) + 1
  await device.refuse('second tts stop', isStop, forMs, mark)
  await device.refuse('audio after tts stop', isAudio, 0, mark)
  await device.refuse('close', isClosed, 0, mark)
}

/** Packets that lie in the device unplayed when the n-th has come, n from 0. */
export function leads (frames: readonly Audio[]): number[] {
  const ahead: number[] = []
  let emptyAt = frames[0]?.atMs ?? 0
  for (const { atMs } of frames) {
    emptyAt = Math.max(emptyAt, atMs) + FRAME_MS
    ahead.push((emptyAt - atMs) / FRAME_MS)
  }
  return ahead
}

/** Silences within the answer because a packet came late. */
export function gapsMs (frames: readonly Audio[]): number[] {
  const gaps: number[] = []
  let emptyAt = frames[0]?.atMs ?? 0
  for (const { atMs } of frames) {
    if (atMs > emptyAt) gaps.push(atMs - emptyAt)
    emptyAt = Math.max(emptyAt, atMs) + FRAME_MS
  }
  return gaps
}

export function longestGapMs (frames: readonly Audio[]): number { return Math.max(0, ...gapsMs(frames)) }
