import type { FrameArrivals } from '../../tools/simulator/types.js'

/** Frames that come at once, before those that are paced: the server's lead and some more. */
export const LEAD_FRAMES = 12

/**
 * Calls `note(atMs, lateMs)` for each paced frame of an answer. Frames leave on a grid of one frame
 * length; the grid's place is that of the frame that came earliest on it.
 */
export function notePacing ({ atMs, count }: Pick<FrameArrivals, 'atMs' | 'count'>, frameMs: number, note: (atMs: number, lateMs: number) => void): void {
  let origin = Infinity
  for (let frame = LEAD_FRAMES; frame < count; frame++) origin = Math.min(origin, atMs[frame]! - frame * frameMs)
  for (let frame = LEAD_FRAMES; frame < count; frame++) note(atMs[frame]!, atMs[frame]! - frame * frameMs - origin)
}
