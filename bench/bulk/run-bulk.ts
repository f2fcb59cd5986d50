import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArguments } from '../../src/bin/simulate/arguments.js'
import { loadClips } from '../../src/bin/simulate/clips.js'
import { countLateFrames, type FleetTurn } from '../../src/bin/simulate/fleet-turn.js'
import { Fleet } from '../../src/bin/simulate/fleet.js'
import { mockSettings, MockService } from '../../src/bin/simulate/mock-service.js'
import { VisionTokens } from '../../src/protocol/vision-token.js'
import { BenchServer } from '../support/bench-server.js'
import { median, percentile } from '../support/figures.js'
import { notePacing } from './pacing.js'
import type { TransferPlan, TransferReport } from './transfers.js'

export interface BulkOptions {
  readonly devices: number
  readonly downloads: number
  readonly uploads: number
  /** Of one download; 0: as fast as it goes. */
  readonly bytesPerSecond: number
  readonly rounds: number
  readonly phaseMs: number
  readonly seed: number
}

/** Lateness of frames as they reach the devices. */
export interface PhaseFigures {
  readonly frames: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** The 99th percentile of each round. */
  readonly rounds: readonly number[]
}

export interface BulkResult extends BulkOptions {
  readonly quiet: PhaseFigures
  readonly busy: PhaseFigures
  readonly turns: { readonly answered: number, readonly failed: number, readonly underruns: number }
  readonly bulk: { readonly downloads: number, readonly downloadMbytesPerSecond: number, readonly uploads: number }
  readonly complaints: readonly string[]
  readonly failures: readonly string[]
}

const MOST_SHIFT_MS = 5
const ANSWER_SECONDS = 8
const PAUSE_SECONDS = 7
/** Until everybody has connected and had a turn. */
const WARM_UP_MS = 22_000
/** What comes right behind a change of phase belongs to none. */
const BORDER_MS = 1500
const FIRMWARE = 'bench-board_9.9.9.bin'
const FIRMWARE_BYTES = 3_500_000
const AUTH_KEY = 'a key that only this benchmark uses'

/** One run: the mock AI, a server, the devices in this process, the transfers in another. */
export async function runBulk (options: BulkOptions): Promise<BulkResult> {
  const stop = new AbortController()
  const seconds = (WARM_UP_MS + 2 * options.rounds * options.phaseMs) / 1000
  const settings = parseArguments([
    '--mock-ai', '--devices', String(options.devices), '--seconds', String(seconds), '--seed', String(options.seed),
    '--answer-s', String(ANSWER_SECONDS), '--pause-s', String(PAUSE_SECONDS)
  ])
  const mock = await MockService.start(settings, { onProgress: () => {}, onExit: () => { stop.abort() } }, stop.signal)
  try {
    const server = await BenchServer.start(serverSettings(options, mock.baseUrl))
    const transfers = fork(fileURLToPath(new URL('transfers.js', import.meta.url)), { stdio: 'inherit' })
    try {
      transfers.send(await planTransfers(options, server))
      const book = new Book()
      const fleet = new Fleet(settings, `ws://127.0.0.1:${server.gatewayPort}/xiaozhi/v1/`, loadClips([], undefined), book)
      const running = fleet.run()
      const report = await alternate(options, transfers, book)
      await running
      return conclude(options, book, report, server.complaints)
    } finally {
      transfers.disconnect()
      await server.stop()
    }
  } finally {
    await mock.stop()
  }
}

/** Quiet and busy phases in turn; tells `book` when each began. */
async function alternate ({ rounds, phaseMs }: BulkOptions, transfers: ReturnType<typeof fork>, book: Book): Promise<TransferReport> {
  await delay(WARM_UP_MS)
  let report: TransferReport | undefined
  for (let round = 0; round < rounds; round++) {
    book.begin('quiet')
    await delay(phaseMs)
    book.begin('busy')
    transfers.send('start')
    await delay(phaseMs)
    book.begin('none')
    transfers.send('stop')
    report = (await once(transfers, 'message'))[0] as TransferReport
  }
  return report!
}

type Phase = 'quiet' | 'busy' | 'none'

/** Notes what the devices tell: turns, and the lateness of each frame with the phase it came in. */
class Book {
  answered = 0
  failed = 0
  underruns = 0
  readonly reasons: string[] = []
  readonly #borders: Array<{ readonly phase: Phase, readonly atMs: number }> = []
  readonly #turns: FleetTurn[] = []

  begin (phase: Phase): void { this.#borders.push({ phase, atMs: performance.now() }) }

  onTurn (turn: FleetTurn): void {
    if (turn.outcome === 'answered') this.answered++
    else { this.failed++; this.reasons.push(`a turn was ${turn.outcome}`) }
    if (turn.record === undefined) return
    this.underruns += countLateFrames(turn.record.frames, turn.record.frameMs)
    this.#turns.push(turn)
  }

  onMissed (count: number): void { this.failed += count; this.reasons.push('a question could not be asked in time') }
  onUnasked (): void { this.reasons.push('an answer to nothing that was asked') }
  onConnectionError (reason: string): void { this.reasons.push(reason) }

  figures (wanted: Phase): PhaseFigures {
    const rounds = this.#borders.flatMap(({ phase }, at) => phase === wanted ? [{ at, latenesses: [] as number[] }] : [])
    const byBorder = new Map(rounds.map(({ at, latenesses }) => [at, latenesses]))
    for (const { record } of this.#turns) {
      notePacing(record!.frames, record!.frameMs, (atMs, lateMs) => {
        const border = this.#borders.findLastIndex(one => one.atMs <= atMs)
        if (border >= 0 && atMs - this.#borders[border]!.atMs > BORDER_MS) byBorder.get(border)?.push(lateMs)
      })
    }
    const all = rounds.flatMap(({ latenesses }) => latenesses)
    const round = (value: number): number => Number(value.toFixed(2))
    const at = (share: number): number => round(percentile(all, share))
    return {
      frames: all.length, p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: at(1),
      rounds: rounds.map(({ latenesses }) => round(percentile(latenesses, 0.99)))
    }
  }
}

function conclude (options: BulkOptions, book: Book, report: TransferReport, complaints: readonly string[]): BulkResult {
  const quiet = book.figures('quiet')
  const busy = book.figures('busy')
  const failures = [...new Set([...book.reasons, ...report.failures])].slice(0, 10)
  const shift = median(busy.rounds.map((p99Ms, round) => p99Ms - quiet.rounds[round]!))
  if (!(shift <= MOST_SHIFT_MS)) failures.push(`transfers moved the 99th percentile by ${shift.toFixed(1)} ms`)
  if (report.downloads === 0 && options.downloads > 0) failures.push('no download ended')
  if (report.uploads === 0 && options.uploads > 0) failures.push('no picture was explained')
  return {
    ...options,
    quiet,
    busy,
    turns: { answered: book.answered, failed: book.failed, underruns: book.underruns },
    bulk: {
      downloads: report.downloads,
      downloadMbytesPerSecond: Number((report.downloadedBytes / 1000 / report.activeMs).toFixed(2)),
      uploads: report.uploads
    },
    complaints: complaints.slice(0, 10),
    failures
  }
}

async function planTransfers ({ downloads, uploads, bytesPerSecond }: BulkOptions, server: BenchServer): Promise<TransferPlan> {
  const image = randomBytes(FIRMWARE_BYTES)
  const folder = join(server.dataFolder, 'firmware')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, FIRMWARE), image)
  const tokens = await VisionTokens.create(AUTH_KEY)
  const { http } = server.facts['ports'] as { readonly http: number }
  return {
    httpUrl: `http://127.0.0.1:${http}`,
    firmware: FIRMWARE,
    firmwareBytes: FIRMWARE_BYTES,
    sha256: createHash('sha256').update(image).digest('hex'),
    downloads,
    bytesPerSecond,
    uploads: Array.from({ length: uploads }, (_, index) => {
      const deviceId = `02:ff:00:00:${[index >> 8, index].map(byte => (byte & 255).toString(16).padStart(2, '0')).join(':')}`
      return { deviceId, token: tokens.sign(deviceId, Date.now()) }
    })
  }
}

function serverSettings ({ devices, downloads, uploads }: BulkOptions, mockUrl: string): Readonly<Record<string, string>> {
  const mock = mockSettings(mockUrl, 'mock')
  const pairs = mock.flatMap((name, index) => index % 2 === 0 ? [[name.replace(/^--/, ''), mock[index + 1]!] as const] : [])
  return {
    ...Object.fromEntries(pairs),
    'auth.key': AUTH_KEY,
    'vision.provider': 'openai',
    'vision.maxUploads': String(Math.max(64, uploads)),
    'http.maxDownloads': String(Math.max(256, downloads)),
    'http.maxConnectionsPerAddress': String(Math.max(512, 2 * (downloads + uploads))),
    'threads.maxSeats': String(Math.max(256, devices))
  }
}
