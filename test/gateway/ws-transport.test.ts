import { test } from 'node:test'
import { listenWs } from '../../src/gateway/ws-transport.js'
import { transportConformance } from './transport-conformance.js'

test('ws', { timeout: 30_000 }, async t => { await transportConformance(t, 'ws', listenWs) })
