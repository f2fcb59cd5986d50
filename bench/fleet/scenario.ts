import { readFileSync } from 'node:fs'
import { Type, type Static } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { findOwnFile } from '../../src/bin/shared/speech-file.js'

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, default: 0, description })
const seconds = (byDefault: number, description: string) => Type.Number({ minimum: 0, maximum: 3600, default: byDefault, description })

const conversationSchema = Type.Object({
  mode: Type.Union([Type.Literal('auto'), Type.Literal('realtime'), Type.Literal('manual')], {
    default: 'auto', description: 'how the device listens; in realtime its microphone is open while it speaks, too'
  }),
  speechSeconds: Type.Number({ minimum: 0.5, maximum: 3600, default: 5, description: 'how long a question is' }),
  waitSeconds: seconds(1.5, 'what the plan allows from the end of a question to its answer'),
  answerSeconds: seconds(8, 'how long an answer takes to play'),
  pauseSeconds: seconds(7, 'from the end of an answer to the next question'),
  pause: Type.Union([Type.Literal('dtx'), Type.Literal('noise'), Type.Literal('nothing')], {
    default: 'dtx', description: 'what an open microphone sends while nobody speaks: discontinuous transmission, a noisy room, no packets'
  }),
  wakesOnly: Type.Boolean({
    default: false, description: 'nobody asks anything: a device is woken again as soon as it has played its greeting'
  }),
  bargeInShare: share('of the answers that are interrupted 1 to 4 s after their beginning, by another question'),
  wakeUpShare: share('of the questions before which the device is woken by its wake word'),
  reconnectShare: share('of the questions before which the device loses its connection and connects again')
}, { additionalProperties: false, default: {} })

const impairmentSchema = Type.Object({
  delayMs: Type.Number({ minimum: 0, maximum: 60_000, default: 0, description: 'added to each frame, both ways' }),
  jitterMs: Type.Number({ minimum: 0, maximum: 60_000, default: 0, description: 'mean of an exponential delay on top; TCP keeps the order, so what is behind waits, too' }),
  stallsPerMinute: Type.Number({ minimum: 0, maximum: 60, default: 0, description: 'times that nothing passes either way, as on 4G in a lift' }),
  stallMs: Type.Number({ minimum: 0, maximum: 60_000, default: 2000, description: 'how long such a stall is' }),
  halfOpenShare: share('of the reconnects that leave the old connection standing, as after a power cut')
}, { additionalProperties: false, default: {} })

const scenarioSchema = Type.Object({
  title: Type.String({ default: 'a conversation' }),
  connectWithinSeconds: seconds(0, 'all devices connect within this time; 0: within one period, as they come to speak'),
  stormEverySeconds: seconds(0, 'as often all devices lose their connections and connect again; 0: never'),
  stormSeconds: seconds(1, 'within which they do'),
  conversation: conversationSchema,
  impairment: impairmentSchema
}, { additionalProperties: false })

/** What each device of a fleet does. */
export type Scenario = Static<typeof scenarioSchema>
export type Impairment = Static<typeof impairmentSchema>

const ajv = new Ajv({ useDefaults: true, allErrors: true })
const isScenario = ajv.compile<Scenario>(scenarioSchema)

/** @throws Error that says which field is wrong, and what it must be */
export function makeScenario (raw: unknown, where = 'scenario'): Scenario {
  const scenario: unknown = structuredClone(raw)
  if (isScenario(scenario)) return scenario
  throw new Error(`${where}: ${ajv.errorsText(isScenario.errors, { dataVar: 'scenario' })}`)
}

/**
 * The scenario of a file, in YAML or JSON; a bare name is one of those in `bench/scenarios`.
 * @throws Error where it cannot be read, or says what no scenario can
 */
export function loadScenario (name: string): Scenario {
  const file = /^[\w-]+$/.test(name) ? findOwnFile(`bench/scenarios/${name}.yaml`) : name
  return makeScenario(parse(readFileSync(file, 'utf8')), file)
}

/** Within which all devices connect, in ms. */
export function rampMs (scenario: Scenario): number {
  return scenario.connectWithinSeconds > 0 ? scenario.connectWithinSeconds * 1000 : periodMs(scenario)
}

/** From one question to the next, in ms: fixed beforehand, however slow the answers are. */
export function periodMs ({ conversation }: Scenario): number {
  const { speechSeconds, waitSeconds, answerSeconds, pauseSeconds } = conversation
  return (speechSeconds + waitSeconds + answerSeconds + pauseSeconds) * 1000
}
