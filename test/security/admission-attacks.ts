import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { signToken, type TokenOwner } from '../../src/protocol/token.js'
import { RawDevice } from '../gateway/raw-device.js'
import { freshAddress, knock, WS_PATH } from './attackers.js'
import type { Attack } from './attack.js'
import { ADDRESS_BURST, SHARED_KEY, tokenOf, type Siege } from './siege.js'

const TEXT = 1
const MONTH_AND_A_DAY_S = 31 * 86_400
const nowS = Math.floor(Date.now() / 1000)
const base64url = (text: string): string => Buffer.from(text).toString('base64url')
const hello = Buffer.from('{"type":"hello","version":1,"transport":"websocket"}')

/** Whoever it is, in headers. */
function identity ({ deviceId, clientId }: TokenOwner, token?: string): Record<string, string> {
  const headers = { 'Device-Id': deviceId, 'Client-Id': clientId }
  return token === undefined ? headers : { ...headers, Authorization: `Bearer ${token}` }
}

/** What is no token, or one that somebody else made. */
function badTokens ({ bound }: Siege): readonly string[] {
  const token = tokenOf(bound)
  const [signature = '', seconds = ''] = token.split('.')
  const claims = base64url(JSON.stringify({ deviceId: bound.deviceId, exp: nowS + 999 }))
  const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${claims}`
  const sha1 = createHmac('sha1', bound.key).update(`${bound.clientId}|${bound.deviceId}|${seconds}`).digest('base64url')
  return [
    'undefined', 'null', '{}', '.', `${signature}.`, `.${seconds}`, seconds, signature,
    `${base64url('{"alg":"none"}')}.${claims}.`, // a JWT that nobody signed
    `${signed}.${createHmac('sha256', bound.key).update(signed).digest('base64url')}`, // one by the right key
    `${sha1}.${seconds}`,
    token.slice(1), token.slice(0, -1) + '10', `${signature}A.${seconds}`, `${signature.slice(0, -1)}.${seconds}`,
    `${signature}:${seconds}`, `${signature},${seconds}`, `${signature}..${seconds}`, `${signature} ${seconds}`,
    `${signature}.${seconds}.${seconds}`, `${signature}.-${seconds}`, `${signature}.+${seconds}`, `${signature}.${seconds}e0`,
    `${signature}.0x${Number(seconds).toString(16)}`, `${signature}.${'9'.repeat(13)}`, `${signature}.0${seconds}`,
    `${signature.slice(0, -1)}é.${seconds}`, `${signature}．${seconds}`, `${signature}.${seconds.replace('1', '１')}`, `令牌.${seconds}`,
    Buffer.from(signature, 'base64url').toString('hex') + `.${seconds}`,
    signToken('', bound, nowS), signToken('你的密钥', bound, nowS), signToken(SHARED_KEY, bound, nowS), signToken(bound.key, { ...bound, deviceId: '' }, nowS)
  ]
}

async function knocks (siege: Siege, status: number, attempts: readonly Readonly<Record<string, string>>[]): Promise<void> {
  for (const headers of attempts) assert.equal(await knock(siege.gatewayPort, headers), status, JSON.stringify(headers))
}

export const admissionAttacks: readonly Attack[] = [
  {
    name: 'a bound device\'s id without a token is refused',
    run: siege => siege.counts({ 'admission.refused.tokenMissing': 2 }, async () => {
      await knocks(siege, 401, [identity(siege.bound), { ...identity(siege.bound), Authorization: 'Bearer ' }])
    })
  },
  {
    name: 'an expired token of a device that nobody approved is refused, and one of a bound device is let in and counted',
    run: async siege => {
      const admitted = { deviceId: '02:00:00:00:01:01', clientId: 'admitted' }
      const nearby = await RawDevice.open(siege.gatewayPort, WS_PATH, identity(admitted)) // from here it needs none
      nearby.destroy()
      await siege.counts({ 'admission.refused.tokenExpired': 1, 'admission.accepted.expiredToken': 1 }, async () => {
        await knocks(siege, 401, [identity(admitted, signToken(SHARED_KEY, admitted, nowS - MONTH_AND_A_DAY_S))])
        await knocks(siege, 101, [identity(siege.bound, tokenOf(siege.bound, MONTH_AND_A_DAY_S))])
      })
    }
  },
  {
    name: 'whatever is no token of the device is refused as a forged one',
    run: async siege => {
      const tokens = badTokens(siege)
      await siege.counts({ 'admission.refused.tokenForged': tokens.length }, () => knocks(siege, 401, tokens.map(token => identity(siege.bound, token))))
    }
  },
  {
    name: 'a token of one device does not let in another, nor another Client-Id',
    run: siege => siege.counts({ 'admission.refused.tokenForged': 1, 'admission.refused.clientMismatch': 1 }, async () => {
      await knocks(siege, 401, [identity(siege.talker, tokenOf(siege.bound))])
      await knocks(siege, 403, [identity({ ...siege.bound, clientId: 'thief' }, tokenOf(siege.bound))])
    })
  },
  {
    name: 'ids and tokens of any length or alphabet are refused before anybody looks them up',
    run: async siege => {
      const attempts = [
        identity({ deviceId: 'x'.repeat(129), clientId: 'c' }), identity({ deviceId: 'd', clientId: 'y'.repeat(129) }),
        identity({ deviceId: 'a b', clientId: 'c' }), identity({ deviceId: 'd', clientId: '"\t"' }), identity(siege.bound, 'z'.repeat(1025))
      ]
      await siege.counts({ 'admission.refused.malformed': attempts.length, 'admission.refused.noDeviceId': 1, 'admission.refused.needsCode': 1 }, async () => {
        await knocks(siege, 401, [...attempts, { 'Client-Id': 'nobody' }])
        await knocks(siege, 403, [identity({ deviceId: 'a-new-one', clientId: 'c' })])
      })
    }
  },
  {
    name: 'a stranger does not take over a session, and its device goes on',
    run: async siege => {
      const device = await RawDevice.open(siege.gatewayPort, WS_PATH, identity(siege.bound, tokenOf(siege.bound)))
      device.send(TEXT, hello)
      assert.equal((await device.next()).opcode, TEXT)
      await siege.counts({ 'admission.refused.tokenForged': 2, 'admission.refused.tokenMissing': 2, 'admission.refused.clientMismatch': 2 }, async () => {
        for (const victim of [siege.bound, siege.talker]) {
          await knocks(siege, 401, [identity(victim), identity(victim, signToken('guess', victim, nowS))])
          await knocks(siege, 403, [identity({ ...victim, clientId: 'thief' }, tokenOf(victim))])
        }
      })
      device.send(TEXT, Buffer.from('{"type":"ping"}'))
      assert.match((await device.next()).payload.toString(), /"pong"/)
      device.destroy()
    }
  },
  {
    name: 'an address that guesses tokens, or only comes too often, has to wait',
    run: async siege => {
      const [guesser, flooder] = [freshAddress(), freshAddress()]
      await siege.counts({ 'admission.refused.tokenForged': 5, 'admission.refused.backOff': 15 }, async () => {
        for (let guess = 0; guess < 20; guess++) {
          assert.equal(await knock(siege.gatewayPort, identity(siege.bound, signToken(`${guess}`, siege.bound, nowS)), guesser), guess < 5 ? 401 : 429)
        }
      })
      await siege.counts({ 'admission.refused.needsCode': ADDRESS_BURST, 'admission.refused.addressRate': 5 }, async () => {
        for (let visit = 0; visit < ADDRESS_BURST + 5; visit++) {
          const status = await knock(siege.gatewayPort, identity({ deviceId: `flood-${visit}`, clientId: 'c' }), flooder)
          assert.equal(status, visit < ADDRESS_BURST ? 403 : 429)
        }
      })
    }
  }
]
