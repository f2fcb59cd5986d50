import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/core/config.js'
import type { Log } from '../../src/core/log.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { OutputQuota } from '../../src/session/output-quota.js'
import { PlayoutStats } from '../../src/session/playout.js'
import type { Caller, Seat } from '../../src/session/ports.js'
import { ServerOrders } from '../../src/session/server-orders.js'
import { SessionHub } from '../../src/session/session-hub.js'
import { TurnStats } from '../../src/session/turn-stats.js'
import { FakeClock } from './fake-clock.js'

const quiet: Log = { trace () {}, debug () {}, info () {}, warn () {}, error () {}, child: () => quiet }
export const HELLO = '{"type":"hello","version":1,"transport":"websocket"}'
export const start = (mode: string): string => `{"type":"listen","state":"start","mode":"${mode}"}`
export const STOP = '{"type":"listen","state":"stop"}'
export const ABORT = '{"type":"abort"}'
export const SLOT = 2

/** Sessions on a clock that stands still; what they tell devices and seats is a list of lines. */
export function makeRig (t: TestContext, argv: readonly string[] = []) {
  const { config } = loadConfig({ argv: [...argv], env: {} })
  const clock = new FakeClock()
  const slots = SlotTable.create(4)
  const log: string[] = []
  const forgotten: number[] = []
  const attached: number[] = []
  let isFull = false
  const makeSeat = (): Seat => {
    let turn = 0
    let hearing = 0
    return {
      slot: SLOT,
      get turn () { return turn },
      get hearing () { return hearing },
      skipFrames: frames => { log.push(`seat skip ${frames}`) },
      pushFrame: packet => { log.push(`seat frame ${packet.length}`) },
      hear: isManual => {
        hearing++
        log.push(isManual ? 'seat hear-manual' : 'seat hear')
      },
      hearEnd: () => { log.push('seat hear-end') },
      hearGap: () => { log.push('seat hear-gap') },
      forget: () => { log.push('seat forget') },
      deaf: () => { log.push('seat deaf') },
      nextTurn: () => {
        slots.setEpoch(SLOT, 1, ++turn)
        return turn
      },
      ask: text => { log.push(`seat ask ${text}`) },
      speak: text => { log.push(`seat speak ${text}`) },
      cancel: () => { log.push('seat cancel') },
      detach: () => { log.push('seat detach') }
    }
  }
  const turnStats = new TurnStats(config.session.keptWaterfalls)
  const hub = new SessionHub({
    config,
    clock,
    slots,
    log: quiet,
    stats: new PlayoutStats(),
    turnStats,
    prompts: {
      find: name => ({ text: name, packets: [Uint8Array.of(1)] }),
      activation: code => ({ text: `code ${code}`, packets: [Uint8Array.of(1)] })
    },
    quota: new OutputQuota(config.session.dailyCharacters),
    serverOrders: new ServerOrders(config.compat.serverSecret, () => { log.push('restart') }, quiet),
    attach: ({ conversation }) => {
      if (isFull) return undefined
      attached.push(conversation)
      return makeSeat()
    },
    forget: conversation => { forgotten.push(conversation) },
    tools: {
      open: (conversation, device, hasMcp) => { log.push(`tools open ${conversation} ${device.deviceId}${hasMcp ? ' mcp' : ''}`) },
      push: (conversation, text) => { log.push(`tools push ${conversation} ${text}`) }
    },
    understands: language => language === 'en'
  })
  t.after(() => { hub.shutDown() })
  const texts: string[] = []
  let isBlocked = false
  const connect = (caller: Partial<Caller>) => hub.open({ deviceId: 'a', language: 'en', protocolVersion: 1, isBehindGateway: false, ...caller }, {
    sendText: text => {
      const { type, state, text: shown } = JSON.parse(text) as Record<string, string>
      texts.push(text)
      log.push([type, state, shown].filter(Boolean).join(' '))
      return 'sent'
    },
    sendBinary: message => { log.push(`frame ${message.length}`); return isBlocked ? 'queued' : 'sent' },
    close: (code, reason) => { log.push(`close ${code} ${reason}`) }
  })
  const open = (deviceId = 'a', language = 'en', protocolVersion = 1, isBehindGateway = false) => {
    return connect({ deviceId, language, protocolVersion, isBehindGateway })
  }
  const take = (): string[] => log.splice(0)
  return {
    hub, clock, config, slots, turnStats, log, attached, forgotten, connect, open, take,
    takeTexts: () => texts.splice(0),
    fill: () => { isFull = true },
    block: () => { isBlocked = true }
  }
}
