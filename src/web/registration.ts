import type { IncomingMessage } from 'node:http'
import type { ClientAddresses } from '../core/client-address.js'
import type { Config } from '../core/config-schema.js'
import type { DeviceDirectory, DeviceRecord, DeviceReport } from '../core/device-directory.js'
import { activationMessage } from '../protocol/activation.js'
import { judgeAdmission } from '../protocol/admission.js'
import { isSafeVersion } from '../protocol/firmware-version.js'
import { primarySubtag } from '../protocol/language-tag.js'
import { mqttSettings, parseMqttClientId, type MqttSettings } from '../protocol/mqtt-credentials.js'
import { otaAnswer, type ActivationNotice, type FirmwareOffer } from '../protocol/ota-answer.js'
import { parseOtaRequest, type OtaRequest } from '../protocol/ota.js'
import { timeZoneOffsetMinutes } from '../protocol/time-zone.js'
import { busyAnswer, jsonAnswer, textAnswer, type Outcome } from './answer.js'
import type { ClaimLimit } from './claim-limit.js'
import type { FirmwareOffers } from './firmware-offers.js'
import type { PublicUrls } from './public-urls.js'
import { readHeader } from './read-header.js'
import type { TokenIssuer } from './token-issuer.js'
import { within } from './within.js'

export interface RegistrationParts {
  readonly config: Config
  readonly directory: DeviceDirectory
  readonly tokens: TokenIssuer
  readonly firmware: FirmwareOffers
  readonly addresses: ClientAddresses
  readonly urls: PublicUrls
  readonly claims: ClaimLimit
  readonly onLanguage: (deviceId: string, tag: string) => void
}

/** What was decided about a device; `record` where it is let in. */
type Welcome =
  | { readonly kind: 'in', readonly record: DeviceRecord }
  | { readonly kind: 'pending', readonly activation: ActivationNotice }
type Verdict = Welcome | { readonly kind: 'refused' } | { readonly kind: 'too-many' }

/** `POST /xiaozhi/ota`: where a device learns at each boot where to go, and whether it may. */
export class Registration {
  readonly #parts: RegistrationParts
  readonly #allowed: ReadonlySet<string>
  #pending = 0
  #refused = 0
  #limited = 0

  constructor (parts: RegistrationParts) {
    this.#parts = parts
    this.#allowed = new Set(parts.config.auth.allowedDevices.map(id => id.toLowerCase()))
  }

  /** Since the start: answers with a code, refusals, codes that `ota.codesPerAddress` denied. */
  get figures (): { readonly pendingAnswers: number, readonly refusedDevices: number, readonly refusedCodes: number } {
    return { pendingAnswers: this.#pending, refusedDevices: this.#refused, refusedCodes: this.#limited }
  }

  async answer (request: IncomingMessage, body: string): Promise<Outcome> {
    const device = parseOtaRequest(readHeader(request), body)
    if (device.deviceId === '') return jsonAnswer(400, '{"error":"Device ID is required"}')
    const { answerTimeoutMs } = this.#parts.config.http
    const verdict = await within('the store', answerTimeoutMs, this.#judge(request, device))
    if (verdict.kind === 'refused') {
      this.#refused++
      return textAnswer(403, 'This device is not let in\n')
    }
    if (verdict.kind === 'too-many') {
      this.#limited++
      return busyAnswer('too many new devices from this address')
    }
    if (verdict.kind === 'pending') this.#pending++
    else if (device.language !== undefined) this.#parts.onLanguage(device.deviceId, device.language)
    return jsonAnswer(200, await this.#format(request, device, verdict))
  }

  async #judge (request: IncomingMessage, device: OtaRequest): Promise<Verdict> {
    const { config: { auth: { admission, mode } }, directory, addresses, claims } = this.#parts
    const { address, isPrivate: isLocal } = addresses.originOf(request.socket.remoteAddress ?? '', readHeader(request))
    const report = reportOf(device, address)
    const isListed = this.#allowed.has(report.deviceId)
    const { clientId } = report
    const judge = (record: DeviceRecord | undefined) => judgeAdmission({ mode, admission, record, clientId, isLocal, isListed })
    let record = await directory.find(report.deviceId)
    const first = judge(record)
    if (first === 'admit') record = await directory.admit(report)
    // Judged again: another one with the same Device-Id may have been admitted a moment earlier.
    if (record !== undefined && judge(record) === 'enter') return { kind: 'in', record: await directory.report(report) ?? record }
    if (first === 'refuse') return { kind: 'refused' }
    const isNew = !isLocal && await directory.pendingActivation(report.deviceId, clientId) === undefined
    if (isNew && !claims.take(address)) return { kind: 'too-many' }
    return { kind: 'pending', activation: await this.#activate(report) }
  }

  async #activate (report: DeviceReport): Promise<ActivationNotice> {
    const { config: { ota }, directory } = this.#parts
    const { code, challenge } = await directory.beginActivation(report)
    return { code, message: activationMessage(ota.activationMessage, report.language, code), challenge }
  }

  async #format (request: IncomingMessage, device: OtaRequest, verdict: Welcome): Promise<string> {
    const { config, tokens, urls } = this.#parts
    const nowMs = Date.now()
    const offset = timeZoneOffsetMinutes(nowMs, config.ota.timeZone)
    const common = { websocketUrl: urls.websocket(request), nowMs, timeZoneOffsetMinutes: offset }
    if (verdict.kind === 'pending') return otaAnswer({ ...common, token: '', firmware: nothingNewer(device), activation: verdict.activation })
    return otaAnswer({
      ...common,
      token: tokens.issue(device, verdict.record, nowMs),
      firmware: await this.#offer(request, device),
      mqtt: this.#mqttOf(request, device, verdict.record, nowMs)
    })
  }

  async #offer (request: IncomingMessage, device: OtaRequest): Promise<FirmwareOffer | undefined> {
    const { config: { http }, firmware, urls } = this.#parts
    const offer = await within('the store', http.answerTimeoutMs, firmware.find(device))
    if (offer === undefined) return nothingNewer(device)
    return { version: offer.version, url: urls.firmware(request, offer.file), isForced: offer.isForced }
  }

  /** Its token is its password at a broker of ours, where no key signs others. */
  #mqttOf (request: IncomingMessage, device: OtaRequest, record: DeviceRecord, nowMs: number): MqttSettings | undefined {
    const { config: { mqtt }, tokens, urls } = this.#parts
    const endpoint = urls.mqtt(request)
    if (endpoint === undefined) return undefined
    const owner = { deviceId: device.deviceId.toLowerCase(), clientId: device.clientId } // as the broker reads its client id
    const token = mqtt.enabled && mqtt.broker === '' ? { ...owner, token: tokens.issue(owner, record, nowMs) } : undefined
    const settings = mqttSettings({ endpoint, signatureKey: mqtt.signatureKey, deviceId: device.deviceId, board: device.board ?? 'default', token })
    // Told a broker that refuses its ids, the device would look for no other way in.
    return token === undefined || parseMqttClientId(settings.client_id) !== undefined ? settings : undefined
  }
}

/** The device's own version back means that there is nothing newer. */
function nothingNewer ({ version }: OtaRequest): FirmwareOffer | undefined {
  return version !== undefined && isSafeVersion(version) ? { version, url: '' } : undefined
}

function reportOf (device: OtaRequest, address: string): DeviceReport {
  return {
    deviceId: device.deviceId.toLowerCase(),
    clientId: device.clientId,
    address,
    language: primarySubtag(device.language ?? ''),
    firmwareVersion: device.version,
    board: device.board,
    serialNumber: device.serialNumber
  }
}
