import { test } from 'node:test'
import { loadUws } from '../../native-bindings/uws.js'
import { listenUws } from '../../src/gateway/uws-transport.js'
import { transportConformance } from './transport-conformance.js'

test('uws', { skip: whyNot(), timeout: 30_000 }, async t => { await transportConformance(t, 'uws', listenUws) })

function whyNot (): string | false {
  try {
    loadUws()
    return false
  } catch (error) {
    return String(error)
  }
}
