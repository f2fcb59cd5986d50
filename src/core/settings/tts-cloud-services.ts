import { address, boolean, choice, group, integer, number, pairs, secret, shares, socketUrl, text, texts } from './kinds.js'

const PERCENT = { minimum: -100, maximum: 100 } as const
const VOLUME = { minimum: 0, maximum: 100 } as const
const NLS_RATE = { minimum: -500, maximum: 500 } as const
const IDLE_MS = { minimum: 0, maximum: 600000 } as const
const PCM_RATES = [8000, 16000, 22050, 24000, 32000, 44100, 48000] as const

function idleMs (value: number) {
  return integer(value, 'How long a connection waits for the next sentence, in ms. 0: each sentence has its own.', IDLE_MS)
}

/** A service that is let in by a token, and makes one from an access key. */
const aliyunAccess = {
  appKey: secret('Key of the project (appkey).'),
  token: secret('A token that was made elsewhere. Empty: it is made from the access key, and refreshed.'),
  accessKeyId: text('', 'Id of the access key that tokens are made from.'),
  accessKeySecret: secret('Secret of the access key.'),
  tokenUrl: address('https://nls-meta.cn-shanghai.aliyuncs.com/', 'Address of the service that makes tokens.'),
  tokenRefreshMs: integer(600000, 'A token that ends within this time is replaced while it still serves, in ms.', { minimum: 0, maximum: 43200000 })
} as const

const aliyunSound = {
  volume: integer(50, 'Loudness.', VOLUME),
  speechRate: integer(0, 'Speed: -500 is half of it, 500 twice.', NLS_RATE),
  pitchRate: integer(0, 'Pitch.', NLS_RATE)
} as const

/** Voices of vendors of clouds. */
export const ttsCloudServices = {
  edge: group('The voices that Microsoft Edge reads pages aloud with. They need no key.', {
    url: socketUrl('wss://speech.platform.bing.com/consumer/speech/synthesize/readaloud/edge/v1', 'Address of the service.'),
    voice: text('zh-CN-XiaoxiaoNeural', 'Name of the voice. Most speak one language, and some English besides.', 1),
    voices: pairs('Voices of other languages, as "ja|ja-JP-NanamiNeural".'),
    ratePercent: integer(0, 'Faster or slower, in percent.', PERCENT),
    volumePercent: integer(0, 'Louder or quieter, in percent.', PERCENT),
    pitchHz: integer(0, 'Higher or lower, in Hz.', PERCENT),
    clientToken: text('6A5AA1D4EAFF4E9FB37E23D68491D6F4', 'What the browser calls itself by; the same in every Edge.', 1),
    browserVersion: text('143.0.3650.75', 'Version of the browser that is named to the service, which refuses old ones.', 1),
    idleMs: idleMs(30000)
  }),
  volcano: group('Volcano Engine (Doubao, Huoshan) speech over its bidirectional stream.', {
    url: socketUrl('wss://openspeech.bytedance.com/api/v3/tts/bidirection', 'Address of the service.'),
    appId: text('', 'Id of the application.'),
    accessToken: secret('Access token of the application.'),
    resourceId: text('volc.service_type.10029', 'What is paid for: volc.service_type.10029, seed-tts-2.0, seed-icl-1.0 for a cloned voice.', 1),
    voice: text('zh_female_shuangkuaisisi_moon_bigtts', 'Name of the voice (speaker).', 1),
    mixedVoices: shares('Up to three voices that are mixed in place of that one, as "voice|0.4"; the numbers make 1 together.'),
    model: text('', 'Version of the model: seed-tts-1.1, for one. Empty: the service\'s own choice.'),
    sampleRateHz: choice(PCM_RATES, 24000, 'Sample rate, in Hz.'),
    speechRate: integer(0, 'Speed: -50 is half of it, 100 twice.', { minimum: -50, maximum: 100 }),
    loudnessRate: integer(0, 'Loudness: -50 is half of it, 100 twice.', { minimum: -50, maximum: 100 }),
    pitch: integer(0, 'Pitch, in semitones.', { minimum: -12, maximum: 12 }),
    emotion: text('', 'Emotion, for voices that have some. Empty: the voice\'s own.'),
    cache: boolean(false, 'The service keeps what it says for an hour, and says the same text faster then.'),
    idleMs: idleMs(60000)
  }),
  doubao: group('Volcano Engine (Doubao) speech over HTTP, version 1.', {
    url: address('https://openspeech.bytedance.com/api/v1/tts', 'Address of the service.'),
    appId: text('', 'Id of the application.'),
    accessToken: secret('Access token of the application.'),
    authorization: text('Bearer;', 'What is written before the token; some resellers want "Bearer " with a space.'),
    cluster: text('volcano_tts', 'Cluster; volcano_icl for a cloned voice.', 1),
    voice: text('BV001_streaming', 'Name of the voice.', 1),
    sampleRateHz: choice([8000, 16000, 24000], 24000, 'Sample rate, in Hz.'),
    speedRatio: number(1, 'Speed.', { minimum: 0.2, maximum: 3 }),
    volumeRatio: number(1, 'Loudness.', { minimum: 0.1, maximum: 3 }),
    pitchRatio: number(1, 'Pitch.', { minimum: 0.1, maximum: 3 })
  }),
  aliyun: group('Aliyun NLS speech over HTTP.', {
    url: address('https://nls-gateway-cn-shanghai.aliyuncs.com/stream/v1/tts', 'Address of the service.'),
    ...aliyunAccess,
    voice: text('xiaoyun', 'Name of the voice.', 1),
    sampleRateHz: choice([8000, 16000, 24000, 48000], 16000, 'Sample rate, in Hz; not every voice has every one.'),
    ...aliyunSound
  }),
  aliyunFlowing: group('Aliyun NLS speech that takes text as it comes (FlowingSpeechSynthesizer).', {
    url: socketUrl('wss://nls-gateway-cn-beijing.aliyuncs.com/ws/v1', 'Address of the service.'),
    ...aliyunAccess,
    voice: text('longxiaochun', 'Name of the voice.', 1),
    sampleRateHz: choice([8000, 16000, 24000, 48000], 24000, 'Sample rate, in Hz; not every voice has every one.'),
    ...aliyunSound,
    idleMs: idleMs(10000)
  }),
  dashscope: group('CosyVoice on Aliyun\'s DashScope (Model Studio).', {
    url: socketUrl('wss://dashscope.aliyuncs.com/api-ws/v1/inference/', 'Address of the service.'),
    apiKey: secret('Key of the API.'),
    model: text('cosyvoice-v2', 'Name of the model.', 1),
    voice: text('longxiaochun_v2', 'Name of the voice.', 1),
    sampleRateHz: choice([8000, 16000, 22050, 24000, 44100, 48000], 24000, 'Sample rate, in Hz.'),
    volume: integer(50, 'Loudness.', VOLUME),
    rate: number(1, 'Speed.', { minimum: 0.5, maximum: 2 }),
    pitch: number(1, 'Pitch.', { minimum: 0.5, maximum: 2 }),
    idleMs: idleMs(50000)
  }),
  minimax: group('MiniMax speech over HTTP, streamed.', {
    url: address('https://api.minimaxi.com/v1/t2a_v2', 'Address of the service.'),
    groupId: text('', 'Id of the group. Empty: it is not sent; newer keys know theirs.'),
    apiKey: secret('Key of the API.'),
    model: text('speech-01-turbo', 'Name of the model.', 1),
    voice: text('female-shaonv', 'Id of the voice.', 1),
    mixedVoices: shares('Up to four voices that are mixed in place of that one, as "voice|weight" with weights from 1 to 100.'),
    pronunciations: texts([], 'Words that the voice says wrongly, in the service\'s own writing: 处理/(chu3)(li3).'),
    sampleRateHz: choice(PCM_RATES, 24000, 'Sample rate, in Hz.'),
    speed: number(1, 'Speed.', { minimum: 0.5, maximum: 2 }),
    volume: number(1, 'Loudness.', { minimum: 0.1, maximum: 10 }),
    pitch: integer(0, 'Pitch, in semitones.', { minimum: -12, maximum: 12 }),
    emotion: text('', 'Emotion: happy, sad, angry, … Empty: it follows from the text.')
  })
}
