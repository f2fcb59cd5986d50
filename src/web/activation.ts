import type { IncomingMessage } from 'node:http'
import type { DeviceDirectory } from '../core/device-directory.js'
import { isProofRight, isSameChallenge, parseActivationProof, type ActivationProof } from '../protocol/activation.js'
import { parseOtaRequest } from '../protocol/ota.js'
import { textAnswer, type Outcome } from './answer.js'
import { readHeader } from './read-header.js'
import type { SerialKeyFile } from './serial-keys.js'
import { within } from './within.js'

export interface ActivationParts {
  readonly directory: DeviceDirectory
  readonly serials: SerialKeyFile
  readonly timeoutMs: number
}

/** `POST /xiaozhi/ota/activate`: has somebody approved the code yet? */
export class Activation {
  readonly #parts: ActivationParts
  #refusedProofs = 0
  #unknown = 0

  constructor (parts: ActivationParts) {
    this.#parts = parts
  }

  /** Proofs that were wrong, and devices of which nothing is pending, since the start. */
  get figures (): { readonly refusedProofs: number, readonly unknownActivations: number } {
    return { refusedProofs: this.#refusedProofs, unknownActivations: this.#unknown }
  }

  async answer (request: IncomingMessage, body: string): Promise<Outcome> {
    const { directory } = this.#parts
    const { deviceId: stated, clientId } = parseOtaRequest(readHeader(request), body)
    const deviceId = stated.toLowerCase()
    if (stated === '') return textAnswer(400, 'Device ID is required\n')
    const record = await this.#ask(directory.find(deviceId))
    const isBound = record?.state === 'bound' && record.clientId === clientId
    const pending = isBound ? undefined : await this.#ask(directory.pendingActivation(deviceId, clientId))
    if (!isBound && pending === undefined) {
      this.#unknown++
      return textAnswer(404, 'No activation is pending for this device\n')
    }
    const challenge = pending?.challenge ?? await this.#ask(directory.approvedChallenge(deviceId, clientId))
    if (!await this.#accepts(request, body, challenge)) {
      this.#refusedProofs++
      return textAnswer(403, 'The proof is wrong\n')
    }
    if (!isBound) return textAnswer(202, 'Waiting for somebody to approve the code\n')
    if (challenge !== undefined) await this.#ask(directory.spendChallenge(deviceId)) // a proof that was overheard opens nothing
    return textAnswer(200, 'success\n')
  }

  #ask<T> (question: Promise<T>): Promise<T> { return within('the store', this.#parts.timeoutMs, question) }

  /** @param challenge undefined where it is spent */
  async #accepts (request: IncomingMessage, body: string, challenge: string | undefined): Promise<boolean> {
    const keys = await this.#parts.serials.read()
    const proof = parseActivationProof(body)
    const claimsSerial = readHeader(request)('activation-version') === '2'
    // Without a proof, a device that says it has a serial number has a broken HMAC unit or lies.
    if (proof === undefined) return !(claimsSerial && keys !== undefined)
    if (challenge === undefined || !isSameChallenge(proof.challenge, challenge)) return false
    if (keys === undefined) return true // nobody knows the keys: the code alone counts
    return isOfDevice(request, proof) && isRightFor(keys.get(proof.serialNumber), proof)
  }
}

function isOfDevice (request: IncomingMessage, { serialNumber }: ActivationProof): boolean {
  const stated = readHeader(request)('serial-number')
  return stated === '' || stated === serialNumber
}

function isRightFor (key: Buffer | undefined, proof: ActivationProof): boolean {
  return key !== undefined && isProofRight(key, proof)
}
