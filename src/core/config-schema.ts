import { Type, type Static } from '@sinclair/typebox'

type Choice = string | number

interface Limits { readonly minimum?: number, readonly maximum?: number }

const CPU_NICE = { minimum: 0, maximum: 19 } as const
const PORT = { minimum: 0, maximum: 65535 } as const
const THREADS = { minimum: 0, maximum: 256 } as const
const PATIENCE_MS = { minimum: 100, maximum: 600000 } as const

const audio = group('How replies are encoded.', {
  sampleRateHz: choice([8000, 12000, 16000, 24000, 48000], 24000, 'Sample rate of the audio sent to devices, in Hz.'),
  frameMs: choice([20, 40, 60], 60, 'Length of one Opus packet sent to devices, in ms.'),
  bitrate: integer(34000, 'Opus bit rate, in bit/s. Below 32000 speech at complexity 0 to 5 is measurably further from the original than by the default of libopus (decision 009).', { minimum: 6000, maximum: 128000 }),
  complexity: integer(0, 'Opus encoder effort, 0 to 10. The processor time grows steeply above 3.', { minimum: 0, maximum: 10 }),
  opus: choice(['auto', 'native', 'wasm'], 'auto', 'Opus library: the native one, the WebAssembly one, or the best that loads.')
})

const gateway = group('The WebSocket port that devices talk to.', {
  host: text('0.0.0.0', 'Address to listen on.'),
  port: integer(8000, 'TCP port to listen on; 0 takes any free one.', PORT),
  transport: choice(['auto', 'uws', 'ws'], 'auto', 'WebSocket library: uWebSockets.js, ws, or the best that loads.'),
  maxConnections: integer(16000, 'Most devices connected at once, as a count.', { minimum: 1, maximum: 1000000 }),
  maxMessageBytes: integer(65536, 'Longest message accepted from a device, in bytes.', { minimum: 4096, maximum: 16777216 }),
  helloTimeoutMs: integer(10000, 'A device that has not said hello after this time is disconnected, in ms.', PATIENCE_MS),
  backpressureBytes: integer(65536, 'Unsent bytes that one socket may hold before audio waits, in bytes.', { minimum: 4096, maximum: 16777216 }),
  textsPerSecond: integer(20, 'Texts that a device may send in the long run, as a count a second; who sends more is disconnected.', { minimum: 1, maximum: 100000 }),
  textBurst: integer(100, 'Texts that a device may send at once, as a count.', { minimum: 1, maximum: 1000000 }),
  framesPerSecond: integer(120, 'Frames that a device may send in the long run, as a count a second; who sends more is disconnected. Devices send 8 to 50.', { minimum: 10, maximum: 100000 }),
  frameBurst: integer(300, 'Frames that a device may send at once, as a count: it saves up to 40 while its network is gone.', { minimum: 50, maximum: 1000000 }),
  publicHost: text('', 'Host name or address that devices are told to connect to. Empty: the one they asked for.')
})

const http = group('The HTTP port: device registration, firmware, health, metrics.', {
  host: text('0.0.0.0', 'Address to listen on.'),
  port: integer(8003, 'TCP port to listen on; 0 takes any free one.', PORT),
  maxBodyBytes: integer(16384, 'Longest request body accepted, in bytes.', { minimum: 1024, maximum: 16777216 })
})

const playout = group('How far ahead of its playback a device is sent audio.', {
  leadMs: integer(240, 'Audio sent at once when a reply starts, in ms.', { minimum: 0, maximum: 2000 }),
  refillMs: integer(300, 'Audio kept in the buffer of the device while it plays, in ms.', { minimum: 20, maximum: 2000 }),
  maxAheadMs: integer(1000, 'Most audio a device is ever sent ahead, in ms.', { minimum: 60, maximum: 5000 }),
  maxAheadPackets: integer(18, 'Most packets a device is ever sent ahead, as a count. Its queue holds about 40.', { minimum: 1, maximum: 40 }),
  startGapMs: integer(100, 'Pause between the message that starts a reply and its first audio, in ms.', { minimum: 0, maximum: 2000 }),
  restartGapMs: integer(50, 'The same pause where one reply follows another, in ms.', { minimum: 0, maximum: 2000 })
})

const hearing = group('When speech starts and ends.', {
  speechThreshold: number(0.5, 'Probability at which a window counts as speech, 0 to 1.', { minimum: 0.01, maximum: 0.99 }),
  silenceThreshold: number(0.35, 'Probability below which a window counts as silence, 0 to 1.', { minimum: 0.01, maximum: 0.99 }),
  minSpeechMs: integer(96, 'Speech shorter than this is taken for noise, in ms.', { minimum: 32, maximum: 2000 }),
  preRollMs: integer(320, 'Audio kept from before the speech was noticed, in ms.', { minimum: 0, maximum: 2000 }),
  pauseMs: integer(200, 'Silence after which an idle recogniser begins already, in case nothing follows, in ms; 0: never.', { minimum: 0, maximum: 5000 }),
  endSilenceMs: integer(600, 'Silence that ends an utterance, in ms.', { minimum: 100, maximum: 5000 }),
  agreedSilenceMs: integer(350, 'Silence that ends an utterance which a streaming recogniser takes for ended, too, in ms.', { minimum: 100, maximum: 5000 }),
  maxUtteranceMs: integer(24000, 'Longest stretch of speech that is recognised in one piece, in ms; longer speech is recognised in pieces and joined.', { minimum: 1000, maximum: 28000 }),
  gapMs: integer(1500, 'An utterance ends when no audio arrives for this time, in ms.', { minimum: 200, maximum: 10000 }),
  gate: boolean(true, 'Keep windows of plain quiet from the model of voice detection.'),
  gateDbfs: number(-56, 'Loudness below which a window is plain quiet, in dB below full scale.', { minimum: -96, maximum: -20 }),
  gateAfterMs: integer(500, 'Quiet after which the gate closes, in ms.', { minimum: 100, maximum: 10000 }),
  batchWindows: integer(16, 'Windows of voice detection run in one batch, as a count.', { minimum: 1, maximum: 256 }),
  batchWaitMs: integer(5, 'Longest time that a window waits for its batch to fill, in ms.', { minimum: 0, maximum: 100 }),
  utterancePages: integer(512, 'Pages of 2 s in which utterances are kept, as a count; 64 kB each.', { minimum: 16, maximum: 65536 })
})

const threads = group('Worker threads. 0 chooses from the processor cores.', {
  voice: integer(0, 'Threads that decode, detect speech and encode, as a count.', THREADS),
  inference: integer(0, 'Threads that run local models, as a count; each holds about 370 MB.', THREADS),
  dialogue: integer(0, 'Threads that talk to language models and voices, as a count.', THREADS),
  voiceNice: integer(5, 'Scheduling niceness of voice threads.', CPU_NICE),
  inferenceNice: integer(19, 'Scheduling niceness of inference threads. Keep it far above that of the others.', CPU_NICE),
  dialogueNice: integer(0, 'Scheduling niceness of dialogue threads.', CPU_NICE),
  streamingNice: integer(10, 'Scheduling niceness of the thread of a streaming recogniser.', CPU_NICE),
  maxSeats: integer(256, 'Most conversations at once per voice thread, as a count.', { minimum: 1, maximum: 4096 }),
  ringMs: integer(2000, 'Audio that the rings between threads hold at full load, in ms.', { minimum: 200, maximum: 10000 })
})

const inference = group('Where local models run.', {
  device: choice(['cpu', 'cuda', 'coreml', 'directml'], 'cpu', 'Device for voice detection and recognition. Another one than cpu is tried at each start, in a process of its own; a device that is not there stops the start.'),
  trialTimeoutMs: integer(60000, 'Longest time that the trial of a model or device may take, in ms.', PATIENCE_MS)
})

const models = group('What "npm run models" installs, and from where.', {
  manifest: text('', 'File with further models, of the form of config/models.yaml. Empty: none.'),
  mirrors: texts([], 'Addresses that are asked before GitHub, each with /<tag>/<file> behind it, as below https://github.com/k2-fsa/sherpa-onnx/releases/download.'),
  huggingFace: address('https://huggingface.co', 'Hugging Face or a mirror of it, asked after GitHub for models whose files all have a known sha256. Empty: do not ask.'),
  silenceTimeoutMs: integer(30000, 'A mirror that sends nothing for this time is given up for the next one, in ms.', PATIENCE_MS),
  resumes: integer(5, 'How often a download that was cut goes on at the same mirror before the next one is asked, as a count.', { minimum: 0, maximum: 1000 }),
  maxUnpackedMb: integer(4096, 'Most that one archive may unpack to, in MB.', { minimum: 1, maximum: 1000000 })
})

const asr = group('Speech recognition.', {
  provider: choice(['auto', 'moonshine', 'sense-voice', 'whisper', 'streaming', 'openai'], 'auto', 'Recogniser. On this machine: moonshine knows English; sense-voice knows Chinese, Cantonese, English, Japanese and Korean, whisper many more, and both are installed by "npm run models"; streaming listens along with the model that asr.streaming names. openai: a service. auto: a service if asr.openai has a key or an address, else sense-voice if it is installed and works, else moonshine.'),
  moonshine: group('The recogniser that comes with Chorus.', {
    size: choice(['base', 'tiny'], 'base', 'Model: tiny needs half the time and misses short words.')
  }),
  senseVoice: group('SenseVoice.', {
    model: text('sense-voice', 'Name of the installed model, as "npm run models" lists it.', 1)
  }),
  whisper: group('Whisper.', {
    model: text('whisper-base', 'Name of the installed model, as "npm run models" lists it.', 1),
    language: text('', 'Language that is spoken, as whisper names it (zh, en, de). Empty: whisper finds out, which takes longer and may be wrong.')
  }),
  openai: group('An OpenAI-compatible transcription service.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: llm.openai.baseUrl.'),
    apiKey: secret('Key of the API. Empty: llm.openai.apiKey, if the address is the same as that of the language model.'),
    model: text('whisper-1', 'Name of the model.', 1),
    language: language('', 'Language that the service is told, as a BCP 47 primary subtag; device: that of each device. Empty: the service finds out.'),
    format: choice(['wav', 'opus'], 'wav', 'How speech is sent: wav needs 256 kbit/s per device that speaks; opus (in Ogg) 32 kbit/s and some work of an inference thread.'),
    timeoutMs: integer(10000, 'Longest time for one request, a second try included, in ms.', { minimum: 100, maximum: 60000 }),
    maxConcurrent: integer(64, 'Most requests at once, as a count.', { minimum: 1, maximum: 10000 }),
    maxWaiting: integer(256, 'Utterances that may wait for one of those requests to end, as a count.', { minimum: 1, maximum: 10000 }),
    maxAnswerBytes: integer(262144, 'Longest answer that is read, in bytes.', { minimum: 1024, maximum: 16777216 })
  }),
  streaming: group('A recogniser that listens along and knows the words when the speech ends.', {
    model: text('', 'Folder of the model, in the folder "models" of the data directory or anywhere by its full path.'),
    kind: choice(['auto', 'transducer', 'paraformer', 'zipformer2-ctc', 'nemo-ctc'], 'auto', 'Kind of the model. auto: by the names of its files.'),
    languages: texts(['zh', 'en'], 'Languages that the model knows, as BCP 47 primary subtags; a model of the manifest has its own.'),
    threads: integer(1, 'Threads that run the model, as a count.', { minimum: 1, maximum: 64 }),
    maxStreams: integer(32, 'Most people listened to at once, as a count. Who begins to speak beyond it is not understood.', { minimum: 1, maximum: 4096 }),
    batchStreams: integer(8, 'Utterances that one step of the model takes together, as a count.', { minimum: 1, maximum: 256 }),
    partialEveryMs: integer(300, 'Shortest stretch of speech between two partial texts, in ms.', { minimum: 0, maximum: 10000 }),
    ruleSilenceMs: integer(200, 'Time without a new word after which the model takes an utterance for ended, in ms.', { minimum: 0, maximum: 5000 })
  }),
  timeoutMs: integer(15000, 'Longest time to recognise one utterance, waiting included, in ms.', PATIENCE_MS),
  inferenceQueue: integer(64, 'Utterances that may wait for an inference thread, as a count.', { minimum: 1, maximum: 10000 })
})

const llm = group('The language model.', {
  provider: choice(['auto', 'openai', 'offline'], 'auto', 'auto: an OpenAI-compatible service if one is configured, else a local Ollama, else the offline phrases.'),
  firstTokenTimeoutMs: integer(6000, 'Longest wait for the first words of an answer, in ms.', PATIENCE_MS),
  stallTimeoutMs: integer(6000, 'Longest pause within an answer, in ms.', PATIENCE_MS),
  historyTurns: integer(20, 'Turns of a conversation that the model is shown, as a count.', { minimum: 0, maximum: 1000 }),
  systemPrompt: text(
    'You are a friendly voice assistant. Your answers are spoken aloud: keep them to one or two short sentences of plain words, without lists, markup or emoji. Answer in the language of the user.',
    'What the model is told about its part.'
  ),
  openai: group('An OpenAI-compatible service.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: OPENAI_BASE_URL, else that of OpenAI.'),
    apiKey: secret('Key of the API. Empty: OPENAI_API_KEY.'),
    model: text('', 'Name of the model. Empty: gpt-4o-mini at OpenAI, elsewhere the first chat model that the service lists.'),
    temperature: number(0.7, 'Sampling temperature, 0 to 2.', { minimum: 0, maximum: 2 }),
    maxTokens: integer(512, 'Longest answer, in tokens.', { minimum: 1, maximum: 32768 })
  }),
  ollama: group('A local Ollama.', {
    url: address('http://127.0.0.1:11434', 'Address at which auto looks for Ollama. Empty: do not look.')
  }),
  offline: group('The phrases that need no model.', {
    timeZone: text('', 'Time zone in which the time is told, as in Europe/Berlin. Empty: that of the system.')
  })
})

const tts = group('The voice.', {
  provider: choice(['auto', 'flite', 'espeak', 'openai'], 'auto', 'auto: a cloud voice if one is configured, else flite for English and espeak for the rest.'),
  firstAudioTimeoutMs: integer(6000, 'Longest wait for the first audio of a sentence, in ms.', PATIENCE_MS),
  stallTimeoutMs: integer(6000, 'Longest pause within the audio of a sentence, in ms.', PATIENCE_MS),
  flite: group('The built-in English voices.', {
    voice: choice(['slt', 'rms', 'awb', 'kal'], 'slt', 'Voice: slt is a woman, the others are men.')
  }),
  espeak: group('The espeak-ng program, for many languages.', {
    command: text('espeak-ng', 'Name or path of the program.', 1),
    wordsPerMinute: integer(160, 'Rate of speech, in words per minute.', { minimum: 80, maximum: 450 })
  }),
  openai: group('An OpenAI-compatible speech service.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: llm.openai.baseUrl.'),
    apiKey: secret('Key of the API. Empty: llm.openai.apiKey, if the address is the same as that of the language model.'),
    model: text('gpt-4o-mini-tts', 'Name of the model.', 1),
    voice: text('alloy', 'Name of the voice.', 1),
    sampleRateHz: integer(24000, 'Sample rate of the PCM that the service sends, in Hz.', { minimum: 8000, maximum: 48000 })
  })
})

const session = group('One connected device.', {
  idleCloseMs: integer(90000, 'A device is disconnected after this time without speech, in ms.', { minimum: 5000, maximum: 86400000 }),
  seatLeaseMs: integer(10000, 'A device whose conversation ended keeps its seat in the workers for this time, in ms; what it said last is on its way for some of it.', { minimum: 1000, maximum: 3600000 }),
  wakeWords: texts(
    ['你好小智', '嘿你好呀', '你好小志', '小爱同学', '你好小鑫', '你好小新', '小美同学', '小龙小龙', '喵喵同学', '小滨小滨', '小冰小冰'],
    'Phrases that wake a device and are no question. Punctuation does not matter.'
  ),
  defaultLanguage: text('en', 'Language assumed when nothing tells it, as a BCP 47 primary subtag.', 2),
  turnTimeoutMs: integer(30000, 'Longest time from a question to the first audio of its answer, in ms.', { minimum: 1000, maximum: 600000 }),
  maxTextBytes: integer(2000, 'Longest text taken from a device as a question, in bytes of UTF-8.', { minimum: 16, maximum: 65536 })
})

/** Every setting there is. The descriptions are the documentation. */
export const configSchema = group('', {
  data: text('data', 'Directory for what is kept between runs. Only from --data or CHORUS_DATA.', 1),
  json: boolean(false, 'Log as JSON lines.'),
  log: group('Logging.', {
    level: choice(['trace', 'debug', 'info', 'warn', 'error'], 'info', 'Least important level that is logged. trace shows what people say.')
  }),
  gateway,
  http,
  audio,
  playout,
  hearing,
  threads,
  inference,
  models,
  asr,
  llm,
  tts,
  session
})

export type Config = Static<typeof configSchema>

function group<const T extends Parameters<typeof Type.Object>[0]> (description: string, properties: T) {
  return Type.Object(properties, { additionalProperties: false, description })
}

function text (value: string, description: string, minLength = 0) {
  return Type.String({ default: value, description, minLength })
}

function texts (value: readonly string[], description: string) {
  return Type.Array(Type.String({ minLength: 1 }), { default: [...value], description })
}

function address (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(https?://[^\\s]+)?$', expects: 'an http:// or https:// address, or nothing' })
}

function language (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(device|[a-z]{2,3})?$', expects: 'a language as in "en", or device, or nothing' })
}

function secret (description: string) {
  return Type.String({ default: '', description, secret: true })
}

function boolean (value: boolean, description: string) {
  return Type.Boolean({ default: value, description })
}

function integer (value: number, description: string, limits: Limits) {
  return Type.Integer({ default: value, description, ...limits })
}

function number (value: number, description: string, limits: Limits) {
  return Type.Number({ default: value, description, ...limits })
}

// A plain JSON Schema `enum`, so that a refusal can list the choices.
function choice<const T extends readonly Choice[]> (values: T, value: T[number], description: string) {
  return Type.Unsafe<T[number]>({ type: typeof value, enum: values, default: value, description })
}
