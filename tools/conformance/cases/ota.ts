import { createHash, createHmac } from 'node:crypto'

import { formatOtaBody, type OtaAnswer } from '../../simulator/fetch-ota.js'
import type { JsonObject } from '../../simulator/types.js'
import type { CaseContext, Identity } from '../case-context.js'
import { askHttp } from '../http.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual, NotApplicable } from '../verdicts.js'

const MAX_BODY_BYTES = 6656
const MAX_KEY = 15
/** Of the device that an operator has upgraded: some servers do so for all of a board. */
const FORCED_BOARD = { boardType: 'bread-compact-ml307', boardName: 'bread-compact-ml307' }
const MAX_VALUE_BYTES = 1024

function checkAnswer ({ status, headers, text, body }: OtaAnswer): JsonObject {
  checkEqual(status, 200, 'status')
  check(body !== undefined, 'a JSON object', text)
  check(/^application\/json\b/.test(String(headers['content-type'])), 'application/json', headers['content-type'])
  check(headers['content-length'] !== undefined && headers['transfer-encoding'] === undefined, 'Content-Length, not chunks', headers)
  check(Buffer.byteLength(text) <= MAX_BODY_BYTES, 'at most 6.5 KB', Buffer.byteLength(text))
  return body
}

async function register (context: CaseContext, options: Parameters<CaseContext['register']>[1] = {}, identity = context.newIdentity()): Promise<JsonObject> {
  return checkAnswer(await context.register(identity, options))
}

function headersOf ({ deviceId, clientId }: Identity): Record<string, string> {
  return { 'Device-Id': deviceId, 'Client-Id': clientId, 'User-Agent': 'bread-compact-wifi/2.4.2', 'Activation-Version': '1', 'Content-Type': 'application/json', 'Accept-Language': 'en-US' }
}

function block (body: JsonObject, name: string): JsonObject {
  const value = body[name]
  check(typeof value === 'object' && value !== null, `an object ${name}`, body)
  return value as JsonObject
}

function checkNoUpgrade (body: JsonObject, version: string): void {
  const firmware = body['firmware'] as JsonObject | undefined
  check(firmware === undefined || (firmware['version'] === version && firmware['force'] !== 1), `no upgrade for ${version}`, firmware)
}

type Asked = Parameters<CaseContext['register']>[1]

/** A device that needs a code, and what it is told. @throws NotApplicable where it needs none */
async function unbound (context: CaseContext, identity = context.newIdentity(), options: Asked = {}): Promise<JsonObject> {
  const body = await register(context, options, identity)
  if (body['activation'] === undefined) throw new NotApplicable('the server admits a new device from here without a code')
  return block(body, 'activation')
}

/** A device that may talk, whether somebody had to let it in or not. */
async function bound (context: CaseContext, options: Asked): Promise<Identity> {
  const identity = context.newIdentity()
  const { activation } = await register(context, options, identity)
  if (activation !== undefined) await context.operate('approve', identity.deviceId, String((activation as JsonObject)['code']))
  return identity
}

function activateUrl (context: CaseContext): string { return `${context.otaUrl.replace(/\/$/, '')}/activate` }

function activate (context: CaseContext, identity: Identity, body = '{}', headers: Record<string, string> = {}) {
  return askHttp(activateUrl(context), { method: 'POST', headers: { ...headersOf(identity), ...headers }, body })
}

const cases: readonly ConformanceCase[] = [
  {
    id: 'T001', title: 'first contact',
    run: async context => {
      const body = await register(context)
      const websocket = block(body, 'websocket')
      check(typeof websocket['url'] === 'string' && /^wss?:\/\/[^/]+\//.test(websocket['url']), 'websocket.url', websocket)
      block(body, 'server_time')
      checkNoUpgrade(body, '2.4.2')
      if (context.dialect !== 'mqtt' && body['mqtt'] !== undefined) throw new NotApplicable('this server sends devices to MQTT')
    }
  },
  {
    id: 'T002', title: 'without the slash at the end',
    run: async context => {
      const url = context.otaUrl.replace(/\/+$/, '')
      const identity = context.newIdentity()
      checkEqual((await askHttp(url, { method: 'POST', headers: headersOf(identity), body: formatOtaBody(identity) })).status, 200, 'status')
    }
  },
  { id: 'T003', title: 'a body that is no JSON', run: async context => { block(await register(context, { ssid: 'the "net"' }), 'websocket') } },
  {
    id: 'T004', title: 'a body without what is optional',
    run: async context => {
      const identity = context.newIdentity()
      const body = `{"version":2,"minimum_free_heap_size":"8318916","mac_address":"${identity.deviceId}","application":{"name":"xiaozhi","version":"1.6.6"},"board":{"type":"x"}}`
      for (const text of [body, '{}', '']) {
        const answer = await askHttp(context.otaUrl, { method: 'POST', headers: headersOf(context.newIdentity()), body: text })
        checkEqual(answer.status, 200, `status for ${text.slice(0, 20)}`)
      }
    }
  },
  {
    id: 'T005', title: 'url, token and version, always',
    run: async context => {
      const websocket = block(await register(context), 'websocket')
      check(typeof websocket['url'] === 'string' && typeof websocket['token'] === 'string' && typeof websocket['version'] === 'number', 'a text url, a text token, a number version', websocket)
    }
  },
  {
    id: 'T006', title: 'keys and values that fit into the memory of a device',
    run: async context => {
      const body = await register(context)
      for (const name of ['websocket', 'mqtt']) {
        for (const [key, value] of Object.entries((body[name] ?? {}) as JsonObject)) {
          check(key.length <= MAX_KEY, `keys of at most ${MAX_KEY} characters`, key)
          check(typeof value !== 'string' || Buffer.byteLength(value) < MAX_VALUE_BYTES, 'texts below 1 KB', `${name}.${key}`)
          check(typeof value !== 'number' || (Number.isInteger(value) && Math.abs(value) < 2 ** 31), 'numbers of 32 bits', value)
        }
      }
    }
  },
  {
    id: 'T007', title: 'no upgrade to what a device has',
    run: async context => {
      const server = await context.at('coded')
      const identity = await bound(server, {})
      const old = await register(server, { version: '0.0.1' }, identity)
      // The very version that it offers, where it offers one.
      const { version: held = '2.4.2' } = (old['firmware'] ?? {}) as { readonly version?: string }
      for (const version of [held, `${held}.1`, '99.0.0']) checkNoUpgrade(await register(server, { version }, identity), version)
    }
  },
  {
    id: 'T008', title: 'an upgrade for older firmware',
    run: async context => {
      const server = await context.at('coded')
      const old = { version: '0.0.1' }
      const identity = await bound(server, old)
      const firmware = (await register(server, old, identity))['firmware'] as JsonObject | undefined
      if (firmware === undefined || firmware['version'] === old.version) throw server.missing('the server holds no firmware')
      check(/^\d+(\.\d+)*$/.test(String(firmware['version'])), 'a dotted version', firmware)
      const { status, headers } = await askHttp(String(firmware['url']))
      check(status === 200 && headers['content-length'] !== undefined, '200 with Content-Length', status)
      checkEqual(headers['transfer-encoding'], undefined, 'Transfer-Encoding')
      const stranger = { ...old, boardType: 'board-of-nobody', boardName: 'board-of-nobody' }
      checkNoUpgrade(await register(server, stranger, await bound(server, stranger)), old.version)
    }
  },
  {
    id: 'T009', title: 'an upgrade is forced once',
    run: async context => {
      const server = await context.at('coded')
      const old = { version: '2.2.6', ...FORCED_BOARD }
      const identity = await bound(server, old)
      await server.operate('upgrade', identity.deviceId)
      const first = block(await register(server, old, identity), 'firmware')
      checkEqual(first['force'], 1, 'force')
      const version = String(first['version'])
      checkNoUpgrade(await register(server, { ...old, version }, identity), version)
    }
  },
  {
    id: 'T010', title: 'a code that stays the same',
    run: async context => {
      const server = await context.at('coded')
      const identity = server.newIdentity()
      const first = await unbound(server, identity)
      check(/^\d{4,10}$/.test(String(first['code'])) && typeof first['message'] === 'string', 'a code of digits and a message', first)
      for (let poll = 0; poll < 3; poll++) checkEqual((await unbound(server, identity))['code'], first['code'], 'code')
      check((await unbound(server))['code'] !== first['code'], 'another code for another device', first['code'])
    }
  },
  {
    id: 'T011', title: 'activation is pending',
    run: async context => {
      const server = await context.at('coded')
      const identity = server.newIdentity()
      await unbound(server, identity)
      for (let poll = 0; poll < 3; poll++) {
        const { status, tookMs } = await activate(server, identity)
        checkEqual(status, 202, 'status')
        check(tookMs < 25_000, 'an answer in 25 s')
      }
    }
  },
  {
    id: 'T012', title: 'activation is done, and the device talks',
    run: async context => {
      const server = (await context.at('coded')).as('ws1')
      const identity = server.newIdentity()
      const { code } = await unbound(server, identity)
      checkEqual((await activate(server, identity)).status, 202, 'status before somebody approved it')
      await server.operate('approve', identity.deviceId, String(code))
      checkEqual((await activate(server, identity)).status, 200, 'status')
      checkEqual((await register(server, {}, identity))['activation'], undefined, 'activation')
      const { turn } = await server.ask(await server.openSocket({ identity }), 'Hello?')
      check(turn.frames.length > 0, 'audio in the answer')
    }
  },
  { id: 'T013', title: 'activation with a serial number, and only for the right answer', run: async context => { await proves(await context.at('coded')) } },
  {
    id: 'T014', title: 'activation of nobody',
    run: async context => {
      const { status, text } = await activate(context, context.newIdentity())
      check(status >= 400 && status < 500 && text.length < 512, '4xx with a short body', `${status} ${text}`)
    }
  },
  {
    id: 'T015', title: 'many devices boot at once', isAlone: true,
    run: async context => {
      const answers = await Promise.all(Array.from({ length: 200 }, () => {
        const identity = context.newIdentity()
        return askHttp(context.otaUrl, { method: 'POST', headers: headersOf(identity), body: formatOtaBody(identity) })
      }))
      check(answers.every(({ status }) => status === 200 || status === 503 || status === 429), '200 or 503', [...new Set(answers.map(({ status }) => status))])
      const times = answers.map(({ tookMs }) => tookMs).sort((one, other) => one - other)
      check(times[197]! < context.rec(2000), 'p99 below 2 s', `${Math.round(times[197]!)} ms`)
    }
  },
  {
    id: 'T016', title: 'the time, in ms and minutes',
    run: async context => {
      const { timestamp, timezone_offset: offset } = block(await register(context), 'server_time')
      check(typeof timestamp === 'number' && Math.abs(timestamp - Date.now()) < 86_400_000, 'a timestamp in ms', timestamp)
      check(typeof offset === 'number' && Math.abs(offset) <= 14 * 60, 'an offset in minutes', offset)
    }
  },
  {
    id: 'T017', title: 'a token for each device',
    run: async context => {
      const tokens = [await register(context), await register(context)].map(body => String(block(body, 'websocket')['token']))
      if (tokens.every(token => token === '')) throw context.missing('tokens are empty')
      check(tokens[0] !== tokens[1], 'two different tokens', 'the same')
      for (const token of tokens) check(!token.includes(' '), 'a token without a space', token)
    }
  }
]

export const otaCases = cases.map(one => ({ ...one, isDialectFree: true }))

/** What a device with a serial number sends to `/activate`. */
function proof (serialNumber: string, challenge: string, key: string | Buffer): string {
  const hmac = createHmac('sha256', key).update(challenge).digest('hex')
  return JSON.stringify({ algorithm: 'hmac-sha256', serial_number: serialNumber, challenge, hmac })
}

/** @throws Unmet when anything but the right answer to its own challenge is taken */
async function proves (context: CaseContext): Promise<void> {
  const identity = context.newIdentity()
  const burnt = context.target.burntIn
  const serialNumber = burnt?.serialNumber ?? createHash('sha256').update(identity.deviceId).digest('hex').slice(0, 32)
  const { challenge, code } = await unbound(context, identity, { serialNumber })
  check(typeof challenge === 'string' && challenge !== '', 'a challenge', challenge)
  const send = async (body: string, serial = serialNumber): Promise<number> => {
    return (await activate(context, identity, body, { 'Activation-Version': '2', 'Serial-Number': serial })).status
  }
  const refuses = async (what: string, body: string, serial?: string): Promise<void> => {
    const status = await send(body, serial)
    check(status === 401 || status === 403, `401 or 403 for ${what}`, status)
  }
  await refuses('a wrong key', proof(serialNumber, challenge, 'not the key'))
  if (burnt === undefined) throw new NotApplicable('no serial number is known here that the server knows: the right answer was not tried, a wrong one is refused')
  const right = proof(serialNumber, challenge, burnt.key)
  checkEqual(await send(right), 202, 'status for the right answer, before somebody approved the code')
  const other = await unbound(context, undefined, { serialNumber })
  await refuses('the challenge of another device', proof(serialNumber, String(other['challenge']), burnt.key))
  await refuses('a challenge that was made up', proof(serialNumber, 'made up', burnt.key))
  await refuses('a serial number that nobody knows', proof('SN-unknown', challenge, burnt.key), 'SN-unknown')
  await refuses('no answer at all', '{}')
  await context.operate('approve', identity.deviceId, String(code))
  await refuses('a wrong key although the code was approved', proof(serialNumber, challenge, 'not the key'))
  checkEqual(await send(right), 200, 'status for the right answer')
  await refuses('the same answer once more', right)
}
