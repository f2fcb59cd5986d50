import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LISTEN_EXCLUSIVE_PORT, loadUws, type UwsApp } from '../../native-bindings/uws.js'

const uws = loadUws()

function listen (app: UwsApp, port: number): Promise<unknown> {
  return new Promise(resolve => { app.listen('127.0.0.1', port, LISTEN_EXCLUSIVE_PORT, resolve) })
}

test('uWebSockets.js loads here and answers a request', async t => {
  const app = uws.App().get('/hello', (response, request) => {
    response.writeStatus('200 OK').end(`${request.getUrl()} ${request.getHeader('x-name')}`)
  })
  const socket = await listen(app, 0)
  assert.ok(socket)
  t.after(() => { uws.us_listen_socket_close(socket) })
  const port = uws.us_socket_local_port(socket)
  const answer = await fetch(`http://127.0.0.1:${port}/hello`, { headers: { 'x-name': 'device', connection: 'close' } })
  assert.equal(await answer.text(), '/hello device')
})

test('a port that is taken is not shared', async t => {
  // uSockets shares ports that were asked for by number only.
  const any = await listen(uws.App(), 0)
  const port = uws.us_socket_local_port(any)
  uws.us_listen_socket_close(any)
  const socket = await listen(uws.App(), port)
  t.after(() => { uws.us_listen_socket_close(socket) })
  assert.equal(await listen(uws.App(), port), false)
})
