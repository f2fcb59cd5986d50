import type { ActivationEntry } from '../../store/activation-repository.js'
import type { DeviceEntry } from '../../store/device-repository.js'

const NOTHING = '–'

const description = ['client', 'board', 'firmware', 'address'] as const

/** Tables for people. What devices say of themselves is shown without control characters. */
export function renderList (devices: readonly DeviceEntry[], waiting: readonly ActivationEntry[]): string {
  const known = devices.length === 0
    ? 'No device is known yet.\n'
    : renderTable(['device', 'state', 'key', ...description, 'reported'], devices.map(device => [
      device.deviceId, device.state, String(device.keyVersion), ...describe(device), moment(device.reportedMs)
    ]))
  if (waiting.length === 0) return known
  const table = renderTable(['device', ...description, 'since', 'until'], waiting.map(device => [
    device.deviceId, ...describe(device), moment(device.createdMs), moment(device.expiresMs)
  ]))
  return `${known}\nThese wait for approval; each shows its code: npm run devices -- approve CODE\n${table}`
}

function describe ({ clientId, board, firmwareVersion, address }: DeviceEntry | ActivationEntry): (string | undefined)[] {
  return [clientId, board, firmwareVersion, address]
}

function renderTable (titles: readonly string[], entries: readonly (readonly (string | undefined)[])[]): string {
  const rows = [titles, ...entries.map(cells => cells.map(printable))]
  const widths = titles.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => `${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()}\n`).join('')
}

// A terminal would obey what a device put into its name.
function printable (cell: string | undefined): string {
  const text = (cell ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
  return text === '' ? NOTHING : text
}

function moment (ms: number): string { return new Date(ms).toISOString().slice(0, 16).replace('T', ' ') }
