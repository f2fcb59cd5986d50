import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertPlain, makeWebRig, post } from './web-rig.js'

const PATH = '/operator/devices/AA%3Abb:cc:dd:ee:ff'
const SPEAK = '{"kind":"speak","text":"Dinner is ready."}'
const allowed = { Authorization: 'Bearer a secret' }

test('an operator with the secret is obeyed, and told what became of it', async t => {
  const orders: unknown[] = []
  let receipt: 'spoken' | 'busy' | 'offline' | 'started' = 'spoken'
  const { send } = await makeWebRig(t, {
    settings: { 'http.operatorSecret': 'a secret' },
    obey: (deviceId, order) => { orders.push([deviceId, order]); return Promise.resolve(receipt) }
  })
  const answer = await send(post(PATH, SPEAK, allowed))
  assert.deepEqual([answer.status, answer.body], [200, '{"receipt":"spoken"}'])
  assertPlain(answer)
  assert.deepEqual(orders, [['aa:bb:cc:dd:ee:ff', { kind: 'speak', text: 'Dinner is ready.' }]])
  for (const [next, status] of [['busy', 409], ['offline', 404], ['started', 202]] as const) {
    receipt = next
    assert.equal((await send(post(PATH, SPEAK, allowed))).status, status)
  }
})

test('nobody else is obeyed, and a wrong order is explained', async t => {
  const { send } = await makeWebRig(t, { settings: { 'http.operatorSecret': 'a secret' }, obey: () => Promise.reject(new Error('never')) })
  assert.equal((await send(post(PATH, SPEAK))).status, 401)
  assert.equal((await send(post(PATH, SPEAK, { Authorization: 'Bearer another' }))).status, 401)
  const { status, body } = await send(post(PATH, '{"kind":"speak"}', allowed))
  assert.equal(status, 400)
  assert.match(body, /"text"/)
})

test('without a secret there is no such address', async t => {
  const { send } = await makeWebRig(t, { obey: () => Promise.reject(new Error('never')) })
  assert.equal((await send(post(PATH, SPEAK, { Authorization: 'Bearer ' }))).status, 404)
})
