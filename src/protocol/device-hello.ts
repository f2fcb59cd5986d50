/** What a device says of itself on a new connection. */
export interface DeviceHello {
  readonly version: number | undefined
  /** Of its decoder, if it says. Its packets tell their own rate and length. */
  readonly sampleRateHz: number | undefined
  /** Of what it sends, in ms, if it says. */
  readonly frameMs: number | undefined
  readonly features: DeviceFeatures
}

export interface DeviceFeatures {
  /** It answers MCP requests. */
  readonly mcp: boolean
  /** It wants the server to cancel its echo: what it plays is in what it sends. */
  readonly aec: boolean
  /** It shows emoji; only a device that says no does not. */
  readonly emoji: boolean
}

export const noFeatures: DeviceFeatures = { mcp: false, aec: false, emoji: true }

/** Keys are written as firmware does or in camelCase; what is missing or odd is left out. */
export function parseHello (message: Readonly<Record<string, unknown>>): DeviceHello {
  const audio = objectOf(message['audio_params'] ?? message['audioParams'])
  const features = objectOf(message['features'])
  return {
    version: numberOf(message['version']),
    sampleRateHz: numberOf(audio['sample_rate'] ?? audio['sampleRate']),
    frameMs: positive(numberOf(audio['frame_duration'] ?? audio['frameDuration'])),
    features: { mcp: isYes(features['mcp']), aec: isYes(features['aec']), emoji: features['emoji'] !== false }
  }
}

function objectOf (value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {}
}

/** Some clients write numbers as texts. */
function numberOf (value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

function positive (number: number | undefined): number | undefined { return number !== undefined && number > 0 ? number : undefined }

function isYes (value: unknown): boolean { return value === true || value === 1 || value === 'true' }
