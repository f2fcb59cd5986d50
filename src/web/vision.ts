import type { IncomingMessage } from 'node:http'
import type { Config } from '../core/config-schema.js'
import type { DeviceDirectory } from '../core/device-directory.js'
import { describeError } from '../core/errors.js'
import { imageType } from '../protocol/image-type.js'
import { visionAnswer, visionRefusal } from '../protocol/vision-answer.js'
import type { VisionTokens } from '../protocol/vision-token.js'
import { jsonAnswer, type Answer } from './answer.js'
import { Gate } from './gate.js'
import { readHeader } from './read-header.js'
import { drain, readUpload, type Upload, type UploadLimits } from './vision-upload.js'
import { visionPhrases } from './vision-phrases.js'
import { within } from './within.js'

/** A model that sees. */
export interface Explainer {
  explain (request: ExplainRequest): Promise<string>
}

export interface ExplainRequest {
  readonly question: string
  readonly image: { readonly type: string, readonly bytes: Uint8Array }
  readonly signal: AbortSignal
}

export interface VisionParts {
  readonly config: Config['vision']
  readonly directory: Pick<DeviceDirectory, 'find'>
  readonly tokens: VisionTokens
  /** Undefined where none is set up. */
  readonly explainer: Explainer | undefined
  readonly warn: (what: string, why: string) => void
}

/** Shortest time that is left to the model after a slow upload. */
const MIN_ANSWER_MS = 100

/** `POST /mcp/vision/explain`: a device's camera asks what is on a picture. */
export class Vision {
  readonly gate: Gate
  readonly #parts: VisionParts
  readonly #limits: UploadLimits
  readonly #figures = { unauthorizedUploads: 0, oversizeUploads: 0, lateUploads: 0, brokenUploads: 0 }

  constructor (parts: VisionParts) {
    const { maxImageBytes, maxQuestionBytes, maxUploads, uploadTimeoutMs } = parts.config
    this.#parts = parts
    this.#limits = { maxImageBytes, maxQuestionBytes, timeoutMs: uploadTimeoutMs }
    this.gate = new Gate(maxUploads)
  }

  /** Uploads that were refused, since the start. */
  get figures (): Readonly<Record<'unauthorizedUploads' | 'oversizeUploads' | 'lateUploads' | 'brokenUploads', number>> { return this.#figures }

  async answer (request: IncomingMessage): Promise<Answer> {
    const startedAt = performance.now()
    const refusal = this.#authorise(request)
    if (refusal !== undefined) {
      this.#figures.unauthorizedUploads++
      await drain(request, this.#limits)
      return refusal
    }
    const deviceId = readHeader(request)('device-id').toLowerCase()
    if (!this.gate.enter()) {
      await drain(request, this.#limits)
      return spoken((await this.#phrases(deviceId)).busy)
    }
    try {
      const upload = await readUpload(request, this.#limits)
      return await this.#explain(upload, deviceId, startedAt)
    } finally {
      this.gate.leave()
    }
  }

  #authorise (request: IncomingMessage): Answer | undefined {
    const header = readHeader(request)
    const token = /^Bearer (\S+)$/.exec(header('authorization'))?.[1] ?? ''
    const owner = this.#parts.tokens.verify(token, Date.now())
    if (owner === undefined) return jsonAnswer(401, visionRefusal('无效的认证token或token已过期'))
    // The token tells whose it is; a header that says the same is not needed.
    const stated = header('device-id').toLowerCase()
    const isOwner = stated === '' || owner.toLowerCase() === stated
    return isOwner ? undefined : jsonAnswer(200, visionRefusal('设备ID与token不匹配'))
  }

  async #explain (upload: Upload, deviceId: string, startedAt: number): Promise<Answer> {
    if (upload.kind !== 'complete') return this.#refuse(upload.kind)
    const { explainer, config } = this.#parts
    const type = imageType(upload.image)
    if (type === undefined) return jsonAnswer(200, visionRefusal('不支持的文件格式，请上传 JPEG、PNG、GIF、BMP、TIFF 或 WEBP 图片'))
    const phrases = await this.#phrases(deviceId)
    if (explainer === undefined) return spoken(phrases.noModel)
    const controller = new AbortController()
    const leftMs = Math.max(MIN_ANSWER_MS, Math.round(startedAt + config.answerTimeoutMs - performance.now()))
    const question = upload.question.trim() || phrases.look
    try {
      const image = { type, bytes: upload.image }
      const answer = await within('the vision model', leftMs, explainer.explain({ question, image, signal: controller.signal }))
      return spoken(answer.trim() || phrases.failed)
    } catch (error) {
      this.#parts.warn('a picture was not explained', describeError(error))
      return spoken(phrases.failed)
    } finally {
      controller.abort()
    }
  }

  #refuse (kind: Exclude<Upload['kind'], 'complete'>): Answer {
    switch (kind) {
      case 'too-large':
        this.#figures.oversizeUploads++
        return jsonAnswer(413, visionRefusal(`图片超过 ${this.#limits.maxImageBytes} 字节`))
      case 'too-slow':
        this.#figures.lateUploads++
        return jsonAnswer(408, visionRefusal('上传超时'))
      case 'malformed':
        this.#figures.brokenUploads++
        return jsonAnswer(400, visionRefusal('请求不是完整的 multipart/form-data'))
    }
  }

  // Its language is a courtesy: the store may be slow or away.
  async #phrases (deviceId: string): Promise<ReturnType<typeof visionPhrases>> {
    const record = await within('the store', MIN_ANSWER_MS, this.#parts.directory.find(deviceId)).catch(() => undefined)
    return visionPhrases(record?.language)
  }
}

function spoken (text: string): Answer { return jsonAnswer(200, visionAnswer(text)) }
