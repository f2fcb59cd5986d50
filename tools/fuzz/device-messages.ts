import type { Json } from './mutate-json.js'

const audioParams = { format: 'opus', sample_rate: 16_000, channels: 1, frame_duration: 60 }

/** The hello of each transport, as firmware sends it. */
export const hellos = {
  websocket: { type: 'hello', version: 1, features: { mcp: true }, transport: 'websocket', audio_params: audioParams },
  mqtt: { type: 'hello', version: 3, features: { mcp: true }, transport: 'udp', audio_params: audioParams }
} as const satisfies Readonly<Record<string, Json>>

const lamp = {
  name: 'Lamp',
  description: 'A lamp',
  properties: { power: { description: 'Is it on?', type: 'boolean' }, brightness: { description: '0 to 100', type: 'number' } },
  methods: {
    TurnOn: { description: 'Turns it on', parameters: {} },
    SetBrightness: { description: 'How bright', parameters: { brightness: { description: '0 to 100', type: 'number' } } }
  }
}

const tool = {
  name: 'self.audio_speaker.set_volume',
  description: 'Set the volume of the audio speaker.',
  inputSchema: { type: 'object', properties: { volume: { type: 'integer', minimum: 0, maximum: 100 } }, required: ['volume'] }
}

const serverInfo = { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 'bread-compact-wifi', version: '2.4.2' } }

function mcp (payload: { readonly [name: string]: Json }): Json { return { session_id: '', type: 'mcp', payload: { jsonrpc: '2.0', ...payload } } }

/** One of each kind that a device of any generation sends after its hello. */
export const deviceMessages: readonly Json[] = [
  hellos.websocket,
  { session_id: '', type: 'listen', state: 'start', mode: 'auto' },
  { session_id: '', type: 'listen', state: 'start', mode: 'manual' },
  { session_id: '', type: 'listen', state: 'start', mode: 'realtime' },
  { session_id: '', type: 'listen', state: 'stop' },
  { session_id: '', type: 'listen', state: 'detect', text: '你好小智' },
  { session_id: '', type: 'listen', state: 'detect', text: 'What is the time?' },
  { session_id: '', type: 'abort', reason: 'wake_word_detected' },
  { session_id: '', type: 'abort' },
  { session_id: '', type: 'goodbye' },
  { type: 'ping' },
  { session_id: '', type: 'speak_ready' },
  { session_id: '', type: 'iot', update: true, descriptors: [lamp] },
  { session_id: '', type: 'iot', update: true, states: [{ name: 'Lamp', state: { power: true, brightness: 40 } }] },
  { type: 'server', action: 'update_config', content: { secret: 'not the secret' } },
  { type: 'server', action: 'restart', content: { secret: '' } },
  mcp({ id: 1, result: serverInfo }),
  mcp({ id: 2, result: { tools: [tool], nextCursor: '' } }),
  mcp({ id: 2, result: { tools: [tool, tool], nextCursor: 'self.next' } }),
  mcp({ id: 3, result: { content: [{ type: 'text', text: 'true' }], isError: false } }),
  mcp({ id: 3, error: { code: -32_601, message: 'Unknown tool: self.none' } }),
  mcp({ method: 'notifications/state_changed', params: { newState: 'idle', oldState: 'connecting' } })
]

/** What a device says of itself at boot. */
export const otaReport: Json = {
  version: 2, language: 'en-US', flash_size: 16_777_216, minimum_free_heap_size: '8318916', mac_address: '02:fa:00:00:00:01',
  uuid: '00000000-0000-4000-8000-02fa00000001', chip_model_name: 'esp32s3', chip_info: { model: 9, cores: 2, revision: 2, features: 18 },
  application: { name: 'xiaozhi', version: '2.4.2', compile_time: 'Aug  8 2026T08:33:45Z', idf_version: 'v6.0.2', elf_sha256: 'ab'.repeat(32) },
  partition_table: [{ label: 'nvs', type: 1, subtype: 2, address: 36_864, size: 16_384 }], ota: { label: 'ota_0' },
  board: { type: 'bread-compact-wifi', name: 'bread-compact-wifi', ssid: 'home', rssi: -52, channel: 6, ip: '192.168.1.23', mac: '02:fa:00:00:00:01' }
}

export const activationProof: Json = {
  algorithm: 'hmac-sha256', serial_number: 'SN00000001', challenge: '00000000-0000-4000-8000-000000000000', hmac: 'ab'.repeat(32)
}
