import { parseArgs } from 'node:util'

import type { ListenMode } from '../../../tools/simulator/types.js'
import { UsageError } from '../shared/usage-error.js'

export interface DemoOptions {
  readonly wav: string | undefined
  readonly text: string | undefined
  /** A server that runs already; without it the demo starts its own. */
  readonly url: string | undefined
  readonly token: string
  readonly out: string
  readonly mode: ListenMode
  readonly isJson: boolean
  readonly help: boolean
}

export const usage = `usage: npm run demo -- [options]

  --wav FILE     speak this 16-bit mono PCM file (8, 16, 24, 44.1 or 48 kHz); a clip of ours by default
  --text "..."   ask this instead, or after the file, without speaking
  --mode MODE    auto (default), manual (push to talk) or realtime
  --out FILE     where to write what the device played; reply.wav by default
  --url ws://..  talk to this server; by default one is started for the conversation
  --token T      its token, if it wants one
  --json         events and figures as JSON lines
`

/** @throws UsageError */
export function parseArguments (args: readonly string[]): DemoOptions {
  const values = readArguments(args)
  const { wav, text, url, token = '', out = 'reply.wav', mode = 'auto', json = false, help = false } = values
  if (text !== undefined && text.trim() === '') throw new UsageError('--text is empty')
  if (!isMode(mode)) throw new UsageError(`--mode is auto, manual or realtime, not "${mode}"`)
  if (url !== undefined && !/^wss?:\/\//.test(url)) throw new UsageError(`--url begins with ws:// or wss://, unlike "${url}"`)
  return { wav, text, url, token, out, mode, isJson: json, help }
}

function readArguments (args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        wav: { type: 'string' },
        text: { type: 'string' },
        url: { type: 'string' },
        token: { type: 'string' },
        out: { type: 'string' },
        mode: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function isMode (mode: string): mode is ListenMode {
  return mode === 'auto' || mode === 'manual' || mode === 'realtime'
}
