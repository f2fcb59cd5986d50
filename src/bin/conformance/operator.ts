import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Operator } from '../../../tools/conformance/target.js'
import { NotApplicable } from '../../../tools/conformance/verdicts.js'

export const OPERATOR_SECRET = 'operator of the suite'

const TIMEOUT_MS = 20_000
const devicesScript = fileURLToPath(new URL('../devices.js', import.meta.url))
const run = promisify(execFile)

/** What the operator's port of a server of ours is told. */
const ORDERS: Readonly<Record<string, object>> = {
  say: { kind: 'speak', text: 'This is what the operator says.' },
  alert: { kind: 'alert', status: 'Attention', message: 'The operator says so.', emotion: 'neutral' },
  reboot: { kind: 'reboot' }
}

export interface OperatedServer {
  readonly httpUrl: string
  /** Its data folder. */
  readonly folder: string
  /** Name of the firmware that an upgrade forces, without `.bin`. */
  readonly firmware: string
}

/** Does at a server of ours what a person would: by its port, its command and its folder. */
export function operatorOver ({ httpUrl, folder, firmware }: OperatedServer): Operator {
  const devices = async (...words: string[]): Promise<string> => {
    return (await run(process.execPath, [devicesScript, ...words, '--data', folder], { timeout: TIMEOUT_MS })).stdout.trim()
  }
  return async (order, deviceId, code) => {
    if (order === 'approve' && code !== undefined) return await devices('approve', code)
    if (order === 'revoke') return await devices('revoke', deviceId)
    if (order === 'upgrade') {
      await writeFile(path.join(folder, 'firmware', `${firmware}.force`), '')
      return ''
    }
    const body = ORDERS[order]
    if (body === undefined) throw new NotApplicable(`needs an operator who can "${order}": give one with --operator`)
    const answer = await fetch(`${httpUrl}/operator/devices/${deviceId}`, {
      method: 'POST', headers: { authorization: `Bearer ${OPERATOR_SECRET}` }, body: JSON.stringify(body)
    })
    return await answer.text()
  }
}

/** A program that is told the order, the device, and the code where there is one. */
export function operatorBy (command: string): Operator {
  const [program = '', ...words] = command.split(' ')
  return async (order, deviceId, code) => {
    return (await run(program, [...words, order, deviceId, ...code === undefined ? [] : [code]], { timeout: TIMEOUT_MS })).stdout.trim()
  }
}
