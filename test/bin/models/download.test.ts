import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { download, type DownloadOptions, type Wanted } from '../../../src/bin/models/download.js'
import { ChorusError } from '../../../src/core/errors.js'
import { FileServer, type FileServerOptions } from './file-server.js'
import { makeFolder, sha256 } from './make-model.js'

const body = randomBytes(300_000)
const pinned: Wanted = { file: 'model.onnx', bytes: body.length, sha256: sha256(body) }

test('a file is fetched, told as it grows, and its sum is that of its bytes', async t => {
  const { options, server, progress } = await setUp(t)
  assert.deepEqual(await download(options), { bytes: body.length, sha256: pinned.sha256, url: server.url })
  assert.deepEqual(readFileSync(options.path), body)
  assert.equal(progress.at(-1), body.length)
})

test('a connection that is cut is gone on with at the same mirror', async t => {
  const { options, server, troubles } = await setUp(t)
  server.faults.push({ kind: 'hold', after: 100_000 }, { kind: 'hold', after: 100_000 })
  assert.equal((await download(options)).sha256, pinned.sha256)
  assert.equal(server.ranges.length, 3)
  assert.match(server.ranges.join(), /^,bytes=[1-9]\d*-,bytes=[1-9]\d*-$/)
  assert.match(troubles[0]!, /the connection broke: .*going on after \d+ bytes/)
})

test('a mirror that cuts too often is left for the next one, which goes on', async t => {
  const { options, server } = await setUp(t)
  const second = await FileServer.start(t, { body })
  for (let cut = 0; cut < 3; cut++) server.faults.push({ kind: 'hold', after: 50_000 })
  const { url } = await download({ ...options, urls: [server.url, second.url], limits: { ...options.limits, resumes: 2 } })
  assert.equal(url, second.url)
  assert.equal(server.ranges.length, 3)
  assert.match(second.ranges.join(), /^bytes=[1-9]\d*-$/)
})

test('the next mirror is asked after a refusal, a wrong size, wrong bytes, silence, and a closed port', async t => {
  const { options } = await setUp(t)
  const mirrors = await Promise.all(Array.from({ length: 6 }, async () => await FileServer.start(t, { body })))
  const [missing, broken, longer, wrong, silent, good] = mirrors as [FileServer, FileServer, FileServer, FileServer, FileServer, FileServer]
  missing.faults.push({ kind: 'status', status: 404 })
  broken.faults.push({ kind: 'status', status: 503 })
  longer.body = Buffer.concat([body, Buffer.alloc(1)])
  wrong.body = randomBytes(body.length)
  silent.faults.push({ kind: 'silent' })
  const troubles: string[] = []
  const urls = [missing, broken, longer, wrong, silent].map(server => server.url)
  const closed = await closedAddress()
  const limits = { silenceTimeoutMs: 1000, resumes: 2 }
  const onTrouble = (text: string): void => { troubles.push(text) }
  const { url } = await download({ ...options, limits, urls: [...urls, closed, good.url], onTrouble })
  assert.equal(url, good.url)
  assert.deepEqual(good.ranges, [''])
  const expected = [/status 404/, /status 503/, /has 300001 bytes, not 300000: that is another file/, /has sha256 .* It was removed/, /cannot be reached: .*timeout/i, /cannot be reached: .*ECONNREFUSED/]
  assert.equal(troubles.length, expected.length)
  for (const [at, pattern] of expected.entries()) assert.match(troubles[at]!, pattern)
})

test('a mirror that falls silent within the file is left for the next one, which goes on', async t => {
  const { options, server, troubles } = await setUp(t)
  const second = await FileServer.start(t, { body })
  server.faults.push({ kind: 'hold', after: 100_000 })
  const limits = { silenceTimeoutMs: 1000, resumes: 5 }
  const { url } = await download({ ...options, limits, urls: [server.url, second.url], onProgress: () => {} })
  assert.equal(url, second.url)
  assert.equal(server.ranges.length, 1)
  assert.match(second.ranges.join(), /^bytes=[1-9]\d*-$/)
  assert.match(troubles.join(), /^http:\S+: it fell silent$/)
})

test('when no mirror has the file, each one and its reason are told', async t => {
  const { options, server } = await setUp(t)
  const second = await FileServer.start(t, {})
  server.faults.push({ kind: 'status', status: 500 })
  await refuses(download({ ...options, urls: [server.url, second.url] }), new RegExp(`^model\\.onnx was not downloaded: ${server.url}: it answered with status 500; ${second.url}: it answered with status 404\\. Nothing was kept$`))
})

test('what came before a stop is kept, and gone on with at the next run', async t => {
  const { options, server } = await setUp(t)
  const controller = new AbortController()
  const onProgress = (bytes: number): void => { if (bytes > 60_000) controller.abort(new Error('it was stopped')) }
  await refuses(download({ ...options, signal: controller.signal, onProgress }), /it was stopped\. \d+ of 300000 bytes are kept: run the same command again/)
  const { size } = statSync(options.path)
  assert.ok(size > 0 && size < body.length)
  await download(options)
  assert.deepEqual(server.ranges, ['', `bytes=${size}-`])
})

test('a file that is complete already is not asked for again', async t => {
  const { options, server } = await setUp(t)
  writeFileSync(options.path, body)
  assert.equal((await download(options)).sha256, pinned.sha256)
  assert.deepEqual(server.ranges, [])
})

test('a mirror that knows no ranges sends the whole, and that is taken', async t => {
  const { options, server } = await setUp(t, { knowsRanges: false })
  server.faults.push({ kind: 'hold', after: 70_000 })
  assert.equal((await download(options)).sha256, pinned.sha256)
  assert.match(server.ranges.join(), /^,bytes=[1-9]\d*-$/)
})

test('a mirror that answers with another range than the one asked for is left', async t => {
  const { options, server } = await setUp(t)
  server.faults.push({ kind: 'hold', after: 70_000 }, { kind: 'wrong-range' })
  await refuses(download(options), /it answered with another range than the one asked for\. \d+ of 300000 bytes are kept/)
})

test('wrong bytes of an earlier try cost one more download, and no mirror', async t => {
  const { options, server, troubles } = await setUp(t)
  writeFileSync(options.path, Buffer.alloc(5000))
  await download(options)
  assert.deepEqual(server.ranges, ['bytes=5000-', ''])
  assert.match(troubles[0]!, /from the beginning again/)
})

test('a kept file that is too long, or that the server says is over, is begun again', async t => {
  const { options, server } = await setUp(t)
  writeFileSync(options.path, Buffer.alloc(body.length + 1))
  await download(options)
  assert.deepEqual(server.ranges, [''])
  const unsized: Wanted = { file: 'model.onnx', sha256: pinned.sha256 }
  await download({ ...options, wanted: unsized })
  assert.deepEqual(server.ranges, ['', `bytes=${body.length}-`, ''])
})

test('a file whose length is not announced is cut off where it is too long, and missed where too short', async t => {
  const { options, server } = await setUp(t, { isChunked: true })
  server.body = Buffer.concat([body, Buffer.alloc(100_000)])
  await refuses(download(options), /it sends more than 300000 bytes/)
  assert.ok(statSync(options.path).size <= body.length)
  server.body = body.subarray(0, 50_000)
  await refuses(download({ ...options, path: `${options.path}2` }), /ended after 50000 of 300000 bytes\. 50000 of 300000 bytes are kept/)
})

test('a file without a sum is gone on with only if the server says that it is still the same', async t => {
  const wanted: Wanted = { file: 'model.onnx' }
  const { options, server } = await setUp(t, { etag: '"one"' })
  server.faults.push({ kind: 'hold', after: 70_000 })
  await download({ ...options, wanted })
  assert.match(server.ranges.join(), /^,bytes=[1-9]\d*-$/)

  // A new version came between: the condition fails, and the whole is sent.
  const other = randomBytes(200_000)
  const path = `${options.path}2`
  server.faults.push({ kind: 'hold', after: 70_000 })
  await refuses(download({ ...options, wanted, path, limits: { ...options.limits, resumes: 0 } }), /broke/)
  server.body = other
  server.etag = '"two"'
  assert.equal((await download({ ...options, wanted, path })).sha256, sha256(other))
})

test('a file without a sum, from a server without versions, is begun again', async t => {
  const wanted: Wanted = { file: 'model.onnx' }
  const { options, server } = await setUp(t)
  server.faults.push({ kind: 'hold', after: 70_000 })
  await download({ ...options, wanted })
  assert.deepEqual(server.ranges, ['', ''])
  assert.ok(existsSync(`${options.path}.json`))
})

test('a redirection is followed', async t => {
  const { options, server } = await setUp(t)
  server.faults.push({ kind: 'redirect', to: `${server.base}/elsewhere` })
  await download(options)
  assert.deepEqual(server.paths, ['/model.tar.bz2', '/elsewhere'])
})

async function closedAddress (): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return `http://127.0.0.1:${port}/model.onnx`
}

interface Setup { readonly server: FileServer, readonly options: DownloadOptions, readonly progress: number[], readonly troubles: string[] }

async function setUp (t: TestContext, serverOptions: FileServerOptions = {}): Promise<Setup> {
  const server = await FileServer.start(t, { body, ...serverOptions })
  const progress: number[] = []
  const troubles: string[] = []
  const options: DownloadOptions = {
    wanted: pinned,
    urls: [server.url],
    path: join(makeFolder(t), 'model.onnx.part'),
    signal: new AbortController().signal,
    limits: { silenceTimeoutMs: 30_000, resumes: 5 },
    onProgress: bytes => { progress.push(bytes); server.cut() },
    onTrouble: text => { troubles.push(text) }
  }
  return { server, options, progress, troubles }
}

async function refuses (downloading: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(downloading, (error: unknown) => {
    assert.ok(error instanceof ChorusError && error.code === 'CHORUS_MODEL_UNREACHABLE', String(error))
    assert.match(error.message, message)
    return true
  })
}
