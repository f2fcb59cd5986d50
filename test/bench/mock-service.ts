import type { TestContext } from 'node:test'
import { parseOptions } from '../../bench/mock-ai/options.js'
import { MockAiService } from '../../bench/mock-ai/service.js'
import { SPEECH_HZ } from '../../bench/mock-ai/speech.js'
import type { MockAiStats } from '../../bench/mock-ai/stats.js'
import { formatWav } from '../support/wav.js'
import { QUICK } from './mock-process.js'

const VOICE_SECONDS = 1.5

/** The service in this process, until the test ends, and requests as clients send them. */
export class ServedMock {
  readonly origin: string

  /** Without any latency, unless the arguments say otherwise. */
  static async start (t: TestContext, args: readonly string[] = []): Promise<ServedMock> {
    const given = new Set(args.map(argument => argument.split('=')[0]!))
    const options = parseOptions([...withoutGiven(given), ...args])!
    const service = new MockAiService(options, Int16Array.from({ length: VOICE_SECONDS * SPEECH_HZ }, (_, at) => 8000 * Math.sin(at / 20)))
    const port = await service.listen()
    t.after(() => service.close())
    return new ServedMock(`http://127.0.0.1:${port}`)
  }

  constructor (origin: string) {
    this.origin = origin
  }

  chat (fields: object = {}, signal: AbortSignal | null = null): Promise<Response> {
    const body = { model: 'm', messages: [{ role: 'user', content: 'How are you?' }], stream: true, ...fields }
    return this.#postJson('/v1/chat/completions', body, signal)
  }

  speech (fields: object = {}): Promise<Response> {
    return this.#postJson('/v1/audio/speech', { model: 'm', voice: 'v', input: 'That is a good question.', response_format: 'pcm', ...fields }, null)
  }

  transcription (format = 'json'): Promise<Response> {
    const form = new FormData()
    form.set('model', 'm')
    form.set('response_format', format)
    form.set('file', new Blob([formatWav(new Int16Array(16_000), 16_000)]), 'a.wav')
    return fetch(`${this.origin}/v1/audio/transcriptions`, { method: 'POST', body: form })
  }

  async stats (): Promise<MockAiStats> { return await (await fetch(`${this.origin}/stats`)).json() as MockAiStats }

  async resetStats (): Promise<MockAiStats> {
    return await (await fetch(`${this.origin}/stats/reset`, { method: 'POST' })).json() as MockAiStats
  }

  #postJson (path: string, body: object, signal: AbortSignal | null): Promise<Response> {
    return fetch(`${this.origin}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal })
  }
}

/** What came until the answer ended or broke, and how. */
export async function readAll (response: Response): Promise<{ readonly bytes: Buffer, readonly error: Error | undefined }> {
  const chunks: Buffer[] = []
  let error: Error | undefined
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk))
  } catch (thrown) {
    error = thrown as Error
  }
  return { bytes: Buffer.concat(chunks), error }
}

/** The data of each event of a stream. */
export function eventsIn (bytes: Buffer): string[] {
  return bytes.toString().split('\n\n').filter(event => event !== '').map(event => event.replace(/^data: /, ''))
}

// Each name is followed by its value.
function withoutGiven (given: ReadonlySet<string>): string[] {
  const isGiven = (name: string): boolean => given.has(name) || (name === '--token-ms' && given.has('--tokens-per-second'))
  return QUICK.filter((_, index) => !isGiven(QUICK[index - index % 2]!))
}
