import { parseArgs } from 'node:util'

import { dialects as all, type Dialect } from '../../../tools/conformance/types.js'
import { UsageError } from '../shared/usage-error.js'

export interface ConformanceOptions {
  readonly url: string | undefined
  readonly otaUrl: string | undefined
  readonly token: string | undefined
  readonly only: readonly string[]
  readonly dialects: readonly Dialect[]
  readonly lanes: number
  readonly toleranceMs: number
  readonly helloMs: number | undefined
  readonly idleMs: number | undefined
  readonly longAnswerS: number | undefined
  readonly modelPort: number | undefined
  readonly operator: string | undefined
  readonly serverSettings: readonly string[]
  readonly hasRealTimers: boolean
  readonly isJson: boolean
  readonly isWritten: boolean
  readonly isList: boolean
  readonly isMutants: boolean
  readonly help: boolean
}

// More of them, and a machine with two processors has no time left to be punctual.
const LANES = 10

export const usage = `usage: npm run conformance -- [options] [-- settings of the server]

  --only T023,T03*   these cases
  --list             names of the cases
  --dialect D        ws1 (default), ws2, ws3, gateway, mqtt, several with commas, or all
  --lanes N          cases that run beside each other (${LANES})
  --tolerance-ms MS  added to recommended limits, as machines are shared (250)
  --json             results as one line of JSON
  --write            write docs/conformance.md
  --mutants          let each fault go in between, and see that its case notices
  --real-timers      do not shorten the times of the server that is started

  --url ws://..      a server that runs already; by default one is started
  --ota-url http://  its OTA address, up to and including /xiaozhi/ota/
  --token T          its token; by default that of the OTA answer
  --hello-ms MS      after this it closes a device that says no hello (10000)
  --idle-ms MS       after this it closes a silent device (90000)
  --model-port P     its language model is the one that the suite offers on this port
  --operator CMD     does what a person would: CMD approve|revoke|alert|reboot|say|upgrade DEVICE-ID [CODE]
`

/** @throws UsageError */
export function parseArguments (args: readonly string[]): ConformanceOptions {
  const values = readArguments(args)
  const number = (name: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < 0) throw new UsageError(`--${name} is a whole number, not "${text}"`)
    return value
  }
  const { url } = values
  if (url !== undefined && !/^wss?:\/\//.test(url)) throw new UsageError(`--url begins with ws:// or wss://, unlike "${url}"`)
  const lanes = number('lanes', values.lanes) ?? LANES
  if (lanes === 0) throw new UsageError('--lanes is at least 1')
  return {
    url,
    otaUrl: values['ota-url'],
    token: values.token,
    only: split(values.only),
    dialects: readDialects(values.dialect),
    lanes,
    toleranceMs: number('tolerance-ms', values['tolerance-ms']) ?? 250,
    helloMs: number('hello-ms', values['hello-ms']),
    idleMs: number('idle-ms', values['idle-ms']),
    longAnswerS: number('long-answer-s', values['long-answer-s']),
    modelPort: number('model-port', values['model-port']),
    operator: values.operator,
    serverSettings: values.positionals,
    hasRealTimers: values['real-timers'] === true,
    isJson: values.json === true,
    isWritten: values.write === true,
    isList: values.list === true,
    isMutants: values.mutants === true,
    help: values.help === true
  }
}

function readDialects (text: string | undefined): readonly Dialect[] {
  if (text === 'all') return all
  const words = text === undefined ? ['ws1'] : split(text)
  return words.map(word => {
    const dialect = all.find(one => one === word)
    if (dialect === undefined) throw new UsageError(`--dialect is all or some of ${all.join(', ')}, not "${word}"`)
    return dialect
  })
}

function split (text: string | undefined): string[] {
  return (text ?? '').split(',').map(word => word.trim()).filter(word => word !== '')
}

function readArguments (args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: text, 'ota-url': text, token: text, only: text, dialect: text, lanes: text, 'tolerance-ms': text, 'hello-ms': text, 'idle-ms': text,
        'long-answer-s': text, 'model-port': text, operator: text, 'real-timers': flag, json: flag, write: flag, list: flag, mutants: flag, help: flag
      }
    })
    return { ...values, positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
