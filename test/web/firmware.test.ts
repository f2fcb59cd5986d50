import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertPlain, deviceHeaders, exchange, get, head, makeWebRig, otaOf, post, report } from './web-rig.js'

const image = 'x'.repeat(70_000)
const ask = (version: string, board = 'esp-box', id = 'a:1'): string => post('/xiaozhi/ota/', report(version, board), { ...deviceHeaders, 'Device-Id': id })

test('a newer file for the board of the device is offered, and its address answers with the file (T008)', async t => {
  const { send, port } = await makeWebRig(t, { files: { 'firmware/esp-box_2.4.2.bin': image, 'firmware/esp-box_2.3.0.bin': 'old', 'firmware/esp-box-3_9.0.0.bin': 'other' } })
  const { firmware } = otaOf(await send(ask('2.2.6')))
  assert.deepEqual(firmware, { version: '2.4.2', url: 'http://voice.local:8003/xiaozhi/ota/download/esp-box_2.4.2.bin' })
  const answer = await exchange(port, get(new URL(firmware!.url).pathname))
  assert.equal(answer.status, 200)
  assertPlain(answer)
  assert.equal(answer.body, image)
})

for (const [name, version, board] of [['equal', '2.4.2', 'esp-box'], ['higher', '2.10.0', 'esp-box'], ['for another board', '1.0.0', 'esp']] as const) {
  test(`no file is offered to a device whose version is ${name} (T007)`, async t => {
    const { send } = await makeWebRig(t, { files: { 'firmware/esp-box_2.4.2.bin': image } })
    assert.deepEqual(otaOf(await send(ask(version, board))).firmware, { version, url: '' })
  })
}

test('files where the replaced server has them are offered, too', async t => {
  const { send } = await makeWebRig(t, { files: { 'bin/my_board_1.0.1.bin': image } })
  assert.match(otaOf(await send(ask('1.0.0', 'my_board'))).firmware!.url, /my_board_1\.0\.1\.bin$/)
})

test('a file that is added while the server runs is offered', async t => {
  const { send, data } = await makeWebRig(t, { files: { 'firmware/esp-box_1.0.0.bin': image } })
  assert.equal(otaOf(await send(ask('1.0.0'))).firmware!.url, '')
  await writeFile(join(data, 'firmware', 'esp-box_1.0.1.bin'), image)
  assert.equal(otaOf(await send(ask('1.0.0'))).firmware!.version, '1.0.1')
})

test('a forced file is asked for once, older or not, and never of a device that has it (T009)', async t => {
  const { send } = await makeWebRig(t, { files: { 'firmware/esp-box_2.3.0.bin': image, 'firmware/esp-box_2.3.0.force': '', 'firmware/esp-box_2.4.2.bin': image } })
  const first = otaOf(await send(ask('2.4.2'))).firmware!
  assert.deepEqual([first.version, first.force], ['2.3.0', 1])
  assert.deepEqual(otaOf(await send(ask('2.3.0'))).firmware, { version: '2.3.0', url: '' }, 'it is on the target')
  assert.deepEqual(otaOf(await send(ask('2.4.2'))).firmware, { version: '2.4.2', url: '' }, 'it did not take it')
  assert.equal(otaOf(await send(ask('2.4.2', 'esp-box', 'a:2'))).firmware!.force, 1, 'another device')
})

test('a forced file that is newer stays on offer without force', async t => {
  const { send } = await makeWebRig(t, { files: { 'firmware/esp-box_2.3.0.bin': image, 'firmware/esp-box_2.3.0.force': '' } })
  assert.equal(otaOf(await send(ask('2.2.0'))).firmware!.force, 1)
  const again = otaOf(await send(ask('2.2.0'))).firmware!
  assert.deepEqual([again.version, again.force], ['2.3.0', undefined])
})

test('files that would harm a device are left out, and told', async t => {
  const lying = Buffer.alloc(200)
  lying[0] = 0xe9
  lying.writeUInt32LE(0xabcd5432, 32)
  lying.write('2.4.1\0', 48)
  const truthful = Buffer.from(lying)
  truthful.write('9.0.0\0', 48)
  const { send, warnings } = await makeWebRig(t, {
    files: {
      'firmware/esp-box_v2.4.2.bin': image, 'firmware/esp-box_2.4.2-beta.bin': image, 'firmware/readme.bin': image, 'firmware/esp-box_3.0.0.bin': '',
      'firmware/esp-box_2.4.9.bin': lying, 'firmware/notes.txt': 'x'
    }
  })
  assert.equal(otaOf(await send(ask('1.0.0'))).firmware!.url, '')
  await send(ask('1.0.0'))
  assert.equal(warnings.length, 5, 'each once')
  assert.match(warnings.join('\n'), /esp-box_2\.4\.9\.bin is left out: the image inside has the version 2\.4\.1/)
  const good = await makeWebRig(t, { files: { 'firmware/esp-box_9.0.0.bin': truthful } })
  assert.equal(otaOf(await good.send(ask('1.0.0'))).firmware!.version, '9.0.0')
})

test('a device that must be activated is offered no file', async t => {
  const { send } = await makeWebRig(t, { settings: { 'auth.admission': 'code' }, files: { 'firmware/esp-box_2.4.2.bin': image } })
  assert.deepEqual(otaOf(await send(ask('1.0.0'))).firmware, { version: '1.0.0', url: '' })
})

test('behind a proxy the file has the address that was set', async t => {
  const { send } = await makeWebRig(t, { settings: { 'http.publicUrl': 'https://chorus.example/' }, files: { 'firmware/esp-box_2.4.2.bin': image } })
  assert.equal(otaOf(await send(ask('1.0.0'))).firmware!.url, 'https://chorus.example/xiaozhi/ota/download/esp-box_2.4.2.bin')
})

test('a part of a file can be had, and one that is not in it is told', async t => {
  const { send } = await makeWebRig(t, { files: { 'firmware/esp-box_1.0.0.bin': 'abcdefghij' } })
  const path = '/xiaozhi/ota/download/esp-box_1.0.0.bin'
  const part = await send(get(path, { Range: 'bytes=2-4' }))
  assert.deepEqual([part.status, part.body, part.headers.get('content-range')], [206, 'cde', 'bytes 2-4/10'])
  assertPlain(part)
  const outside = await send(get(path, { Range: 'bytes=20-' }))
  assert.deepEqual([outside.status, outside.headers.get('content-range')], [416, 'bytes */10'])
  assertPlain(outside)
  const size = await send(head(`HEAD ${path}`, {}))
  assert.deepEqual([size.status, size.body, size.headers.get('content-length')], [200, '', '10'])
})

for (const [path, status] of [
  ['../serials.csv', 400], ['..%2fserials.csv', 400], ['%2e%2e/a.bin', 400], ['a/b_1.0.bin', 400], ['x_1.0.bin', 404], ['.bin', 400], ['', 400], ['a_1.0.bin%00', 400],
  ['secret.bin', 404], ['..bin', 404]
] as const) {
  test(`there is no file at "${path}"`, async t => {
    const { send } = await makeWebRig(t, { files: { 'serials.csv': 'secret', 'firmware/secret.bin': 'secret' } })
    const answer = await send(get(`/xiaozhi/ota/download/${path}`))
    assert.equal(answer.status, status)
    assertPlain(answer)
    assert.doesNotMatch(answer.body, /secret/)
  })
}

test('more downloads than may be are told to come again, and a place is free when one is over', async t => {
  const { port, send } = await makeWebRig(t, { settings: { 'http.maxDownloads': 1 }, files: { 'firmware/esp-box_1.0.0.bin': Buffer.alloc(32 << 20) } })
  const request = get('/xiaozhi/ota/download/esp-box_1.0.0.bin')
  const slow = connect({ port, host: '127.0.0.1' })
  slow.on('error', () => {})
  slow.write(request)
  await once(slow, 'readable')
  const busy = await send(request)
  assert.equal(busy.status, 503)
  assert.equal(busy.headers.get('retry-after'), '10')
  assertPlain(busy)
  slow.destroy()
  for (;;) {
    const answer = await send(get('/healthz'))
    if ((JSON.parse(answer.body) as { web: { downloads: number } }).web.downloads === 0) break
  }
  assert.equal((await send(head('HEAD /xiaozhi/ota/download/esp-box_1.0.0.bin', {}))).status, 200)
})
