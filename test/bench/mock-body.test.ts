import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { formatWav } from '../support/wav.js'
import { ServedMock } from './mock-service.js'

const START = '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n' +
  '--x\r\nContent-Disposition: form-data; name="response_format"\r\n\r\nverbose_json\r\n' +
  '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'

function formOf (seconds: number): Buffer {
  return Buffer.concat([Buffer.from(START), formatWav(new Int16Array(16_000 * seconds), 16_000), Buffer.from('\r\n--x--\r\n')])
}

/** A body whose length is not announced comes in pieces. */
function upload (mock: ServedMock, body: Buffer, isAnnounced: boolean): Promise<Response> {
  const pieces = Readable.toWeb(Readable.from([body.subarray(0, 10), body.subarray(10)])) as ReadableStream
  return fetch(`${mock.origin}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    ...(isAnnounced ? { body } : { body: pieces, duplex: 'half' })
  })
}

test('uploads are read whole, many at once, whether their length is announced or not', async t => {
  const mock = await ServedMock.start(t)
  const lengths = [1, 60, 5, 0.5, 20, 3]
  const durations = await Promise.all(lengths.flatMap(seconds => [true, false].map(async isAnnounced => {
    const { duration } = await (await upload(mock, formOf(seconds), isAnnounced)).json() as { duration: number }
    return duration
  })))
  assert.deepEqual(durations, lengths.flatMap(seconds => [seconds, seconds]))
})

test('an upload that is too long is refused, and the next one is not', async t => {
  const mock = await ServedMock.start(t)
  const response = await upload(mock, formOf(25 * 1024 * 1024 / 32_000 + 5), true).catch((error: unknown) => error)
  // The answer may be overtaken by the end of the connection, which is not read from any more.
  if (response instanceof Response) assert.equal(response.status, 413)
  assert.equal((await upload(mock, formOf(1), true)).status, 200)
  assert.equal((await mock.stats()).refused, 1)
})

test('a client that goes during its upload leaves nothing behind', async t => {
  const mock = await ServedMock.start(t)
  for (let round = 0; round < 3; round++) {
    const socket = connect(Number(new URL(mock.origin).port), '127.0.0.1')
    await once(socket, 'connect')
    const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n${START}`
    await new Promise(resolve => { socket.write(head, resolve) })
    socket.destroy()
  }
  assert.equal((await upload(mock, formOf(2), true)).status, 200)
  const { transcriptions, refused, underWay } = await mock.stats()
  assert.deepEqual([transcriptions, refused, underWay.most], [1, 0, 1])
})
