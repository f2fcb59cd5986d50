// npm run bench:memory [-- --sessions 5000] [--json]
//
// Resident memory of the server for each idle session, and of a voice worker for each seat and
// each second of open speech. Exits with 1 when one is above its bound. docs/memory.md
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PAGE_SAMPLES } from '../src/ring/utterance-arena.js'
import { growthOfGroups } from './memory/growth.js'
import { BenchServer } from './support/bench-server.js'
import { runForJson } from './support/child-json.js'
import { formatTable } from './support/figures.js'
import { machineFacts } from './support/machine-facts.js'
import { readFlags, runMain } from './support/options.js'
import { openConnections } from './support/raw-devices.js'
import { readResidentBytes } from './support/threads.js'

const MOST_SESSION_BYTES = 8 * 1024
const MOST_SEAT_BYTES = 110 * 1024
const MOST_SPEECH_BYTES_PER_S = 32 * 1024
/**
 * Connected before: the start leaves free memory behind that the first sessions are put into, and
 * they must not look cheaper than they are.
 */
const WARM_SESSIONS = 2000
const SETTLE_MS = 2000
const GROUPS = 5
const SPEECH_HZ = 16_000
/** The rest may be seats whose utterance began late. */
const LEAST_SHARE_OPEN = 0.9

const collector = new URL('./memory/collect-on-signal.js', import.meta.url).href

await runMain(async () => {
  const { numbers, switches } = readFlags({ numbers: { sessions: { fallback: 5000, minimum: 100, maximum: 12_000 } }, switches: ['json'] })
  const session = await measureSessions(numbers['sessions']!)
  const voice = await measureVoice()
  requireOpenSpeech(voice)
  const rows = [
    ['idle session', session.sessionBytes, MOST_SESSION_BYTES],
    ['seat that hears and speaks', voice.seatBytes, MOST_SEAT_BYTES],
    ['second of open speech', voice.speechBytesPerSecond, MOST_SPEECH_BYTES_PER_S]
  ] as const
  const screen = switches.has('json') ? process.stderr : process.stdout
  const kb = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KB`
  screen.write(`\n${formatTable([['', 'resident', 'bound', ''], ...rows.map(([name, bytes, most]) => [name, kb(bytes), kb(most), bytes <= most ? 'holds' : 'BROKEN'])])}`)
  process.stdout.write(`${JSON.stringify({ bench: 'memory', ...machineFacts(), ...session, ...voice })}\n`)
  return rows.every(([, bytes, most]) => bytes <= most) ? 0 : 1
})

interface SessionMemory {
  readonly sessions: number
  readonly transport: string
  readonly serverMb: number
  readonly sessionBytes: number
  readonly sessionBytesOfGroups: readonly number[]
}

/** Connected, greeted, silent. */
async function measureSessions (sessions: number): Promise<SessionMemory> {
  const server = await BenchServer.start({ 'threads.voice': 1, 'threads.inference': 1, 'session.idleCloseMs': 3_600_000 }, { NODE_OPTIONS: `--import ${collector}` })
  const collectAndRead = async (): Promise<number> => {
    process.kill(server.pid, 'SIGUSR2')
    await delay(SETTLE_MS)
    return readResidentBytes(server.pid)
  }
  try {
    const connections = await openConnections(server.gatewayPort, WARM_SESSIONS)
    const group = Math.ceil(sessions / GROUPS)
    const growth = await growthOfGroups(GROUPS, group, collectAndRead, async () => {
      connections.push(...await openConnections(server.gatewayPort, group, connections.length))
    })
    const health = await server.health()
    if (health['sessions'] !== connections.length) {
      throw new Error(`the server holds ${String(health['sessions'])} sessions, not ${connections.length}`)
    }
    const resident = readResidentBytes(server.pid)
    for (const connection of connections) connection.destroy()
    return {
      sessions: group * GROUPS,
      transport: String(server.facts['transport']),
      serverMb: Math.round(resident / 2 ** 20),
      sessionBytes: growth.each,
      sessionBytesOfGroups: growth.ofGroups
    }
  } finally {
    await server.stop()
  }
}

interface VoiceMemory {
  readonly seats: number
  readonly seatBytes: number
  readonly seatBytesOfGroups: readonly number[]
  readonly speechSeconds: number
  readonly speechBytesPerSecond: number
  readonly pages: number
}

/** @throws Error when less was said than the figures are divided by */
function requireOpenSpeech ({ pages, speechSeconds }: VoiceMemory): void {
  const expected = Math.ceil(speechSeconds * SPEECH_HZ / PAGE_SAMPLES)
  if (pages >= LEAST_SHARE_OPEN * expected) return
  throw new Error(`${speechSeconds} s of open speech take ${expected} pages, and ${pages} were taken: not every seat had an utterance open`)
}

async function measureVoice (): Promise<VoiceMemory> {
  const file = fileURLToPath(new URL('./memory/voice-memory.js', import.meta.url))
  return await runForJson({ name: 'the voice worker', script: file, nodeArgs: ['--expose-gc'] }) as VoiceMemory
}
