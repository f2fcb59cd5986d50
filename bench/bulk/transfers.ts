// The transfers of `npm run bench:bulk`, in a process of their own, at the lowest priority: real
// ones cost the server's machine nothing. Talks to its parent by messages:
//
//   ← TransferPlan   once
//   ← 'start'        transfer until told otherwise
//   ← 'stop'         what is under way is cut; → TransferReport, of all since the start
import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { request } from 'node:http'
import { setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

export interface TransferPlan {
  readonly httpUrl: string
  readonly firmware: string
  readonly firmwareBytes: number
  readonly sha256: string
  readonly downloads: number
  readonly bytesPerSecond: number
  readonly uploads: ReadonlyArray<{ readonly deviceId: string, readonly token: string }>
}

export interface TransferReport {
  readonly downloads: number
  readonly downloadedBytes: number
  readonly uploads: number
  readonly activeMs: number
  readonly failures: readonly string[]
}

const LOWEST_PRIORITY = 19
/** A device takes this much and rests until its rate allows more. */
const SIP_MS = 100
/** A photo of 640 × 480, as the cameras take them. */
const PICTURE_BYTES = 60_000
/** A person looks at the answer before the next photo. */
const BETWEEN_PICTURES_MS = 2000
const BOUNDARY = '----ESP32_CAMERA_BOUNDARY'
const UPLOAD_CHUNK_BYTES = 512 * 8

setPriority(LOWEST_PRIORITY)

class Transfers {
  readonly #plan: TransferPlan
  readonly #failures: string[] = []
  readonly #picture = Buffer.alloc(PICTURE_BYTES)
  #stop = new AbortController()
  #running: Array<Promise<void>> = []
  #startedAt = 0
  #activeMs = 0
  #downloads = 0
  #downloadedBytes = 0
  #uploads = 0

  constructor (plan: TransferPlan) {
    this.#plan = plan
    Buffer.from('ffd8ffe000104a464946000101', 'hex').copy(this.#picture)
  }

  start (): void {
    const { downloads, uploads } = this.#plan
    this.#stop = new AbortController()
    this.#startedAt = performance.now()
    const { signal } = this.#stop
    setMaxListeners(0, signal)
    this.#running = [
      ...Array.from({ length: downloads }, () => this.#repeat(signal, 0, () => this.#download(signal))),
      ...uploads.map(owner => this.#repeat(signal, BETWEEN_PICTURES_MS, () => this.#upload(owner, signal)))
    ]
  }

  async stop (): Promise<TransferReport> {
    this.#stop.abort()
    await Promise.all(this.#running)
    this.#activeMs += performance.now() - this.#startedAt
    return {
      downloads: this.#downloads, downloadedBytes: this.#downloadedBytes, uploads: this.#uploads,
      activeMs: this.#activeMs, failures: this.#failures.slice(0, 10)
    }
  }

  async #repeat (signal: AbortSignal, restMs: number, act: () => Promise<void>): Promise<void> {
    // Not all in the same instant: people do not either.
    await delay(Math.random() * BETWEEN_PICTURES_MS, undefined, { signal }).catch(() => {})
    while (!signal.aborted) {
      try {
        await act()
      } catch (error) {
        if (!signal.aborted) this.#failures.push(String(error))
        await delay(SIP_MS)
      }
      if (restMs > 0) await delay(restMs, undefined, { signal }).catch(() => {})
    }
  }

  #download (signal: AbortSignal): Promise<void> {
    const { httpUrl, firmware, firmwareBytes, sha256, bytesPerSecond } = this.#plan
    const url = `${httpUrl}/xiaozhi/ota/download/${firmware}`
    return new Promise((resolve, reject) => {
      const asked = request(url, { signal, agent: false }, response => {
        if (response.statusCode !== 200) reject(new Error(`a download was answered with ${response.statusCode}`))
        const hash = createHash('sha256')
        const beganAt = performance.now()
        let taken = 0
        response.on('data', (chunk: Buffer) => {
          taken += chunk.length
          this.#downloadedBytes += chunk.length
          hash.update(chunk)
          const aheadMs = bytesPerSecond === 0 ? 0 : taken / bytesPerSecond * 1000 - (performance.now() - beganAt)
          if (aheadMs < SIP_MS) return
          response.pause()
          setTimeout(() => { response.resume() }, aheadMs)
        })
        response.on('end', () => {
          if (taken !== firmwareBytes || hash.digest('hex') !== sha256) { reject(new Error(`a download ended with ${taken} bytes, not as stored`)); return }
          this.#downloads++
          resolve()
        })
        response.on('error', reject)
      })
      asked.on('error', reject)
      asked.end()
    })
  }

  #upload ({ deviceId, token }: TransferPlan['uploads'][number], signal: AbortSignal): Promise<void> {
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="question"\r\n\r\nWhat is this?\r\n` +
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="camera.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#plan.httpUrl}/mcp/vision/explain`, {
        signal, agent: false, method: 'POST',
        headers: {
          'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, 'Transfer-Encoding': 'chunked',
          'Device-Id': deviceId, Authorization: `Bearer ${token}`
        }
      }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => { chunks.push(chunk) })
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode !== 200 || !text.includes('"success":true')) { reject(new Error(`a picture was answered with ${response.statusCode} ${text}`)); return }
          this.#uploads++
          resolve()
        })
      })
      asked.on('error', reject)
      asked.write(head)
      for (let at = 0; at < PICTURE_BYTES; at += UPLOAD_CHUNK_BYTES) asked.write(this.#picture.subarray(at, at + UPLOAD_CHUNK_BYTES))
      asked.end(`\r\n--${BOUNDARY}--\r\n`)
    })
  }
}

let transfers: Transfers | undefined
process.on('message', message => {
  if (message === 'start') transfers!.start()
  else if (message === 'stop') void transfers!.stop().then(report => { process.send!(report) })
  else transfers = new Transfers(message as TransferPlan)
})
process.once('disconnect', () => { process.exit(1) }) // the parent is gone
