// npm run bench:downlink -- [--devices 430] [--seconds 60] [--workers 1] [--seed 1] [--json] …
//
// Devices that play without pause: answers of a minute. How late each frame reaches its device, and
// how busy a voice worker is with encoding. Exits as bench:talk. docs/benchmarks.md
import { figureOf } from './fleet/figure.js'
import { runLoadCommand } from './fleet/command.js'

const FRAME_SECONDS = 0.06

await runLoadCommand({
  bench: 'downlink',
  scenario: 'downlink',
  devices: 430,
  seconds: 60,
  settings: { 'threads.voice': 1 },
  bounds: { errors: { most: 0 }, 'underrun share': { most: 0.1 }, 'late frames': { most: 1 } },
  figures: ({ all, parts }) => {
    const seconds = parts.reduce((sum, part) => sum + part.seconds, 0)
    return [figureOf(
      'devices that play', '', all.counts.frames * FRAME_SECONDS / seconds,
      parts.map(part => part.tally.counts.frames * FRAME_SECONDS / part.seconds)
    )]
  }
})
