import type { JsonObject } from '../../simulator/types.js'
import { isJson, type Text } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import type { ConformanceCase } from '../conformance-case.js'
import { pause } from '../device-link.js'
import { askHttp } from '../http.js'
import type { McpOptions } from '../mcp-device.js'
import type { Script } from '../scripted-model.js'
import type { Turn } from '../turn.js'
import { check, checkEqual, NotApplicable, show } from '../verdicts.js'
import { textOf } from './uplink.js'

const VOLUME = { name: 'self_audio_speaker_set_volume', arguments: '{"volume":50}' }
const STATUS = { name: 'self_get_device_status', arguments: '{}' }
const DEPTH = 5

/** What is done with each action of a tool's result; in words of the checklist. */
const actions: ReadonlyArray<readonly [action: string, said: string, isAskedAgain: boolean]> = [
  ['ERROR', 'The tool says this.', false], ['NOTFOUND', 'The tool says this.', false], ['RESPONSE', 'The tool says this.', false],
  ['NONE', '', false], ['RECORD', '', false], ['REQLLM', 'The model says that.', true]
]

const things = [{
  name: 'Speaker', description: 'The speaker',
  properties: { volume: { description: 'Its volume', type: 'number' } },
  methods: { SetVolume: { description: 'Set the volume', parameters: { volume: { description: '0 to 100', type: 'number' } } } }
}]

/** Rules of the checklist for tools, and for what belongs to the manager. */
export const toolCases: readonly ConformanceCase[] = [
  {
    id: 'TOOL-01', title: 'calls in one pass, their time-out, and an end to passes', limitMs: 120_000,
    run: async context => { await Promise.all([both(context), unanswered(context), endless(context)]) }
  },
  {
    id: 'TOOL-03', title: 'six actions of what a tool returns', limitMs: 90_000,
    run: async context => {
      await Promise.all(actions.map(async ([action, said, isAskedAgain]) => {
        const text = JSON.stringify({ action, result: 'a result', response: action === 'REQLLM' ? '' : 'The tool says this.' })
        const options = answering({ result: { content: [{ type: 'text', text }], isError: false } })
        const { turn, requests } = await called(context, { kind: 'call', calls: [STATUS], after: 'The model says that.' }, options)
        checkEqual(turn.sentences.map(textOf).join(' '), said, `what is said after ${action}:`)
        checkEqual(requests.length, isAskedAgain ? 2 : 1, `requests to the model after ${action}:`)
        if (isAskedAgain) check(resultsIn(requests.at(-1)!).includes('a result'), 'the result in what the model is told', resultsIn(requests.at(-1)!))
      }))
    }
  },
  {
    id: 'TOOL-04', title: 'plugins',
    run: async context => {
      const question = context.model.plan({ kind: 'say', text: 'Fine.' })
      await context.ask(await context.open(), question)
      const offered = namesIn(context.model.requestsFor(question)[0]!)
      if (offered.length === 0) throw new NotApplicable('plugins come with the dialogue features, not with the device protocol; “goodbye” is session.exitWords until then')
      for (const name of ['handle_exit_intent', 'get_lunar']) check(offered.includes(name), `the plugin ${name}`, offered)
    }
  },
  { id: 'TOOL-05', title: 'MCP servers', run: isLater('tools of other MCP servers come with the dialogue features, not with the device protocol') },
  { id: 'TOOL-07', title: 'the MCP endpoint', run: isLater('an MCP endpoint belongs to an agent, and agents come with the manager') },
  {
    id: 'TOOL-08', title: 'the things of older firmware are tools', limitMs: 90_000,
    run: async context => {
      const device = await context.open()
      device.send({ type: 'iot', update: true, descriptors: things })
      device.send({ type: 'iot', update: true, states: [{ name: 'Speaker', state: { volume: 70 } }] })
      await pause(300)
      const set = { name: 'speaker_setvolume', arguments: '{"volume":40,"response_success":"Now it is {volume}","response_failure":"No"}' }
      const order = context.model.plan({ kind: 'call', calls: [set], after: 'Done.' })
      const { mark } = await context.ask(device, order)
      const [asked, told] = context.model.requestsFor(order)
      if (asked!.tools.length === 0) throw context.missing('the language model is offered no thing of the device')
      for (const name of ['get_speaker_volume', 'speaker_setvolume']) check(namesIn(asked!).includes(name), `a tool ${name}`, namesIn(asked!))
      const command = device.arrivals.from(mark).find(isJson('iot')) as Text | undefined
      checkEqual(JSON.stringify(command?.json?.['commands']), JSON.stringify([{ name: 'Speaker', method: 'SetVolume', parameters: { volume: 40 } }]), 'commands')
      check(told !== undefined && resultsIn(told).includes('Now it is 40'), 'the outcome in what the model is told', told === undefined ? undefined : resultsIn(told))
      const get = { name: 'get_speaker_volume', arguments: '{"response_success":"It is at {value} now.","response_failure":"I do not know."}' }
      const { turn } = await context.ask(device, context.model.plan({ kind: 'call', calls: [get], after: 'Not this.' }))
      checkEqual(turn.sentences.map(textOf).join(' '), 'It is at 70 now.', 'what is said')
    }
  },
  { id: 'TOOL-10', title: 'a model for intents', run: isLater('intents by a model of their own come with the dialogue features; models that call tools do without') },
  { id: 'API-01', title: 'the configuration for voice servers', run: context => manager(context, 'POST', '/xiaozhi/config/server-base') },
  { id: 'API-02', title: 'reports of what was said', run: context => manager(context, 'POST', '/xiaozhi/agent/chat-history/report') },
  { id: 'API-03', title: 'the secret between servers', run: context => manager(context, 'POST', '/xiaozhi/config/agent-models') },
  { id: 'API-04', title: 'the interface of the console', run: context => manager(context, 'GET', '/xiaozhi/user/pub-config') }
]

function isLater (reason: string): () => Promise<void> { return () => Promise.reject(new NotApplicable(reason)) }

function answering (reply: JsonObject | null): McpOptions {
  return { answer: method => method === 'tools/call' ? reply : undefined }
}

/** Both results are told at once. */
async function both (context: CaseContext): Promise<void> {
  const { mcp, requests } = await called(context, { kind: 'call', calls: [VOLUME, STATUS], after: 'Done.' })
  checkEqual(mcp.of('tools/call').length, 2, 'number of calls')
  checkEqual(requests.length, 2, 'number of requests to the model')
  checkEqual(requests[1]!.messages.filter(({ role }) => role === 'tool').length, 2, 'results in the second')
}

/** A call without an answer ends; a model that is asked again is told that it failed. */
async function unanswered (context: CaseContext): Promise<void> {
  const { turn, requests } = await called(context, { kind: 'call', calls: [STATUS], after: 'It did not work.' }, answering(null))
  check(turn.frames.length > 0, 'an answer')
  for (const again of requests.slice(1)) check(/error|no answer|time/i.test(resultsIn(again)), 'the failure in what the model is told', resultsIn(again))
}

/** A model that only calls is made to answer. */
async function endless (context: CaseContext): Promise<void> {
  const { mcp, turn } = await called(context, { kind: 'insist', ...STATUS })
  const calls = mcp.of('tools/call').length
  check(calls >= 2 && calls <= DEPTH, `at most ${DEPTH} passes with calls`, calls)
  check(turn.sentences.length > 0 && turn.frames.length > 0, 'an answer at last')
}

interface ModelRequest { readonly messages: readonly JsonObject[], readonly tools: readonly JsonObject[] }

/** What became of a question for which the model calls tools of the device. */
async function called (context: CaseContext, script: Script, options: McpOptions = {}) {
  const { device, mcp } = await context.openMcp(options)
  await device.expect('tools/list', () => mcp.of('tools/list').length > 0, 8000).catch(() => { throw context.missing('the server asks an MCP device for no tools') })
  await pause(700)
  const question = context.model.plan(script)
  const { turn }: { readonly turn: Turn } = await context.ask(device, question, 60_000)
  const requests: readonly ModelRequest[] = context.model.requestsFor(question)
  if (requests[0]?.tools.length === 0) throw context.missing('the language model is offered no tool of the device')
  return { mcp, turn, requests }
}

/** What the model was told of results. */
function resultsIn ({ messages }: ModelRequest): string { return show(messages.filter(({ role }) => role === 'tool').map(({ content }) => content)) }
function namesIn ({ tools }: ModelRequest): string[] { return tools.map(tool => String((tool['function'] as JsonObject)['name'])) }

/** Looks at whether the manager is there at all; then it answers in its usual shape. */
async function manager (context: CaseContext, method: string, path: string): Promise<void> {
  const { status, json } = await askHttp(new URL(path, context.otaUrl).href, method === 'POST' ? { method, body: '{}', headers: { 'Content-Type': 'application/json' } } : {})
  if (status === 404) throw new NotApplicable('the manager is a server of its own; this one answers devices')
  check(typeof json?.['code'] === 'number' && 'msg' in json, 'an answer of the shape {code, msg, data}', json ?? status)
}
