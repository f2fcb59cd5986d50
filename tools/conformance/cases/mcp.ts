import type { JsonObject } from '../../simulator/types.js'
import { isAudio, isClosed, isJson, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause } from '../device-link.js'
import { commonTools, type McpOptions, type McpTool } from '../mcp-device.js'
import type { ModelRequest } from '../scripted-model.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual, show } from '../verdicts.js'

const LISTED_MS = 5000
const VOLUME = { name: 'self_audio_speaker_set_volume', arguments: '{"volume":50}' }

/** A device whose tools the server has read. */
async function listed (context: CaseContext, options: McpOptions = {}) {
  const { device, mcp } = await context.openMcp(options)
  const untilMs = performance.now() + LISTED_MS
  while (mcp.of('tools/list').length === 0 && performance.now() < untilMs) await pause(50)
  if (mcp.requests.length === 0) throw context.missing('the server asks an MCP device nothing')
  await pause(700)
  return { device, mcp }
}

interface Call { readonly name: string, readonly arguments: string }

/** Has the model call tools, and returns what became of it. */
async function called (context: CaseContext, calls: readonly Call[], options: McpOptions = {}) {
  const { device, mcp } = await listed(context, options)
  const question = context.model.plan({ kind: 'call', calls, after: 'That is done.' })
  const mark = device.mark
  device.detect(question)
  const first = await device.expect('the end of the turn', isStop, context.rec(15_000), mark).catch((error: unknown) => error)
  if (mcp.of('tools/call').length === 0 && context.model.requestsFor(question).every(({ tools }) => tools.length === 0)) {
    throw context.missing('the language model is offered no tool of the device')
  }
  if (first instanceof Error) throw first
  return { device, mcp, requests: context.model.requestsFor(question), mark }
}

/** What the model was told of the results. */
function resultsIn (requests: readonly ModelRequest[]): string {
  return show(requests.at(-1)?.messages.filter(({ role }) => role === 'tool').map(({ content }) => content))
}

function failing (message: string): McpOptions {
  return { answer: method => method === 'tools/call' ? { error: { message } } : undefined }
}

function manyTools (count: number): McpTool[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `self.board.tool_${index}`, description: `第 ${index} 个工具。${'x'.repeat(300)}`, inputSchema: { type: 'object', properties: {} }
  }))
}

export const mcpCases: readonly ConformanceCase[] = [
  {
    id: 'T101', title: 'initialize, then tools/list, with numbers as ids',
    run: async context => {
      const { device, mcp } = await listed(context)
      const [first] = mcp.requests
      const params = first!['params'] as JsonObject
      checkEqual(first!['method'], 'initialize', 'first method')
      for (const name of ['protocolVersion', 'clientInfo', 'capabilities']) check(params[name] !== undefined, `params.${name} in initialize`, params)
      check(mcp.of('tools/list').length > 0, 'tools/list')
      for (const { id, method } of mcp.requests) {
        if (!String(method).startsWith('notifications')) check(Number.isInteger(id) && Math.abs(id as number) < 2 ** 31, 'a whole number as id', id)
      }
      check(device.texts('hello').length === 1, 'one hello')
    }
  },
  {
    id: 'T102', title: 'no MCP without the feature',
    run: async context => {
      const device = await context.open({ features: {} })
      await context.ask(device, 'Hello?')
      await device.refuse('mcp', isJson('mcp'), 1500)
    }
  },
  {
    id: 'T103', title: 'late answers are taken',
    run: async context => {
      const late: JsonObject[] = []
      const { device, mcp } = await context.openMcp({ answer: (method, request) => { late.push(request); return null } })
      await pause(3500)
      if (late.length === 0) throw context.missing('the server asks an MCP device nothing')
      device.listen('auto')
      mcp.reply({ id: late[0]!['id'], result: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 'late', version: '2.4.2' } } })
      await device.expect('tools/list behind the late answer', () => mcp.of('tools/list').length > 0, context.rec(2000))
    }
  },
  {
    id: 'T104', title: 'all pages of tools/list, and none twice',
    run: async context => {
      const { mcp } = await listed(context, { tools: manyTools(5), pageSize: 2 })
      await pause(1500)
      const cursors = mcp.of('tools/list').map(({ params }) => (params as JsonObject | undefined)?.['cursor'])
      check(cursors.includes('self.board.tool_2') && cursors.includes('self.board.tool_4'), 'a request with each cursor', cursors)
      const users = new Set(mcp.of('tools/list').map(({ params }) => (params as JsonObject | undefined)?.['withUserTools']))
      checkEqual(users.size, 1, 'number of different withUserTools')
      const endless = await listed(context, { answer: method => method === 'tools/list' ? { result: { tools: commonTools, nextCursor: 'self.x' } } : undefined })
      await pause(2000)
      check(endless.mcp.of('tools/list').length < 20, 'an end to a cursor that repeats itself', endless.mcp.of('tools/list').length)
    }
  },
  {
    id: 'T105', title: 'without a list it goes on without tools',
    run: async context => {
      const { device } = await listed(context, { answer: method => method === 'tools/list' ? { error: { message: 'Method not implemented: tools/list' } } : undefined })
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T106', title: 'a call has an object of the right types',
    run: async context => {
      const { mcp } = await called(context, [VOLUME])
      const [call] = mcp.of('tools/call')
      check(call !== undefined, 'tools/call')
      const params = call['params'] as JsonObject
      checkEqual(params['name'], 'self.audio_speaker.set_volume', 'name')
      checkEqual((params['arguments'] as JsonObject | undefined)?.['volume'], 50, 'arguments.volume')
    }
  },
  {
    id: 'T107', title: 'an error without a code reaches the model',
    run: async context => {
      const { requests } = await called(context, [{ ...VOLUME, arguments: '{"volume":500}' }], failing('Value is out of range'))
      check(/out of range|range|100|maximum/i.test(resultsIn(requests)), 'the text of the error in what the model is told', resultsIn(requests))
    }
  },
  {
    id: 'T108', title: 'an answer that is no JSON costs no session', limitMs: 90_000,
    run: async context => {
      const { device, mcp } = await listed(context, { answer: method => method === 'tools/call' ? null : undefined })
      const mark = device.mark
      device.detect(context.model.plan({ kind: 'call', calls: [VOLUME], after: 'Done.' }))
      await device.expect('tools/call', () => mcp.of('tools/call').length > 0, context.rec(8000)).catch(() => { throw context.missing('the server calls no tool of the device') })
      device.sendText(`{"session_id":"${device.sessionId}","type":"mcp","payload":{"jsonrpc":"2.0","id":${String(mcp.of('tools/call')[0]!['id'])},"error":{"message":"Unknown tool: "x""}}}`)
      await device.expect('the end of the turn', isStop, 40_000, mark)
      await device.refuse('an end', isClosed, 0)
    }
  },
  {
    id: 'T109', title: 'a call without an answer comes to an end', limitMs: 90_000,
    run: async context => {
      const { device, mark } = await called(context, [VOLUME], { answer: method => method === 'tools/call' ? null : undefined })
      check(device.audio(mark).length > 0, 'an answer', device.arrivals.describe(mark))
    }
  },
  {
    id: 'T110', title: 'an answer to no question is nothing',
    run: async context => {
      const { device, mcp } = await context.openMcp()
      mcp.reply({ id: 99999, result: {} })
      await device.refuse('an end', isClosed, 500)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T111', title: 'no model reboots or upgrades a device',
    run: async context => {
      const calls = [{ name: 'self_reboot', arguments: '{}' }, { name: 'self_upgrade_firmware', arguments: '{"url":"http://127.0.0.1/x"}' }]
      const user = (name: string): McpTool => ({ name, description: name, inputSchema: { type: 'object', properties: {} } })
      const { mcp } = await called(context, calls, { tools: [...commonTools, user('self.reboot'), user('self.upgrade_firmware')] })
      checkEqual(mcp.of('tools/call').length, 0, 'number of calls')
    }
  },
  {
    id: 'T112', title: 'one call at a time',
    run: async context => {
      let open = 0
      let most = 0
      const options: McpOptions = { answer: method => { if (method === 'tools/call') most = Math.max(most, ++open); return method === 'tools/call' ? null : undefined } }
      const { device, mcp } = await listed(context, options)
      device.detect(context.model.plan({ kind: 'call', calls: [VOLUME, { name: 'self_get_device_status', arguments: '{}' }], after: 'Done.' }))
      await device.expect('tools/call', () => mcp.of('tools/call').length > 0, context.rec(8000)).catch(() => { throw context.missing('the server calls no tool of the device') })
      await pause(700)
      checkEqual(most, 1, 'number of calls at once')
      open--
      mcp.reply({ id: mcp.of('tools/call')[0]!['id'], result: { content: [{ type: 'text', text: 'true' }], isError: false } })
      await device.expect('the second call', () => mcp.of('tools/call').length === 2, context.rec(3000))
    }
  },
  {
    id: 'T113', title: 'a result that is an image', run: context => result(context, { type: 'image', image: '{"type":"image","mimeType":"image/jpeg","data":"AAAA"}' }, undefined)
  },
  {
    id: 'T114', title: 'a result that is JSON in text', run: context => result(context, { type: 'text', text: '{"audio_speaker":{"volume":70}}' }, 'audio_speaker')
  },
  {
    id: 'T115', title: 'dots and Chinese in tools',
    run: async context => {
      const tools: McpTool[] = [...commonTools, { name: 'self.lamp.turn_on', description: '打开灯', inputSchema: { type: 'object', properties: {} } }]
      const { mcp, requests } = await called(context, [{ name: 'self_lamp_turn_on', arguments: '{}' }], { tools })
      const offered = requests[0]!.tools.map(tool => tool['function'] as JsonObject)
      for (const { name } of offered) check(/^[A-Za-z0-9_-]{1,64}$/.test(String(name)), 'names that language models take', name)
      check(offered.some(({ description }) => description === '打开灯'), 'the description as it was', offered.map(({ description }) => description))
      checkEqual((mcp.of('tools/call')[0]?.['params'] as JsonObject | undefined)?.['name'], 'self.lamp.turn_on', 'name')
    }
  },
  {
    id: 'T116', title: 'a huge list of tools', run: async context => {
      // As many to a page as a device puts into 8 KB.
      const { device } = await listed(context, { tools: manyTools(120), pageSize: 16 })
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T117', title: 'a channel is kept with notifications only', limitMs: 150_000,
    run: async context => {
      const { device, mcp } = await context.openMcp()
      await context.ask(device, 'Hello?')
      await pause(1500)
      const before = mcp.requests.length
      await device.expect('an end, or something to keep the channel', arrival => isClosed(arrival) || isJson('mcp')(arrival),
        Math.min(100_000, context.timers.idleMs + context.rec(3000)), device.mark)
      for (const { method } of mcp.requests.slice(before)) check(String(method).startsWith('notifications/'), 'a notification', method)
    }
  }
]

async function result (context: CaseContext, content: JsonObject, expected: string | undefined): Promise<void> {
  const options: McpOptions = { answer: method => method === 'tools/call' ? { result: { content: [content], isError: false } } : undefined }
  const { device, mark, requests } = await called(context, [{ name: 'self_get_device_status', arguments: '{}' }], options)
  check(device.arrivals.from(mark).some(isAudio), 'an answer')
  if (expected !== undefined) check(resultsIn(requests).includes(expected), 'the JSON in what the model is told', resultsIn(requests))
}
