import { asrServices } from './asr-services.js'
import { address, choice, group, integer, language, namesOf, pairs, secret, text, texts, PATIENCE_MS } from './kinds.js'
import { llmServices } from './llm-services.js'
import { ttsServices } from './tts-services.js'

export const asr = group('Speech recognition.', {
  provider: choice(['auto', 'moonshine', 'sense-voice', 'whisper', 'streaming', ...namesOf(asrServices)], 'auto', 'Recogniser. On this machine: moonshine knows English; sense-voice knows Chinese, Cantonese, English, Japanese and Korean, whisper many more, and both are installed by "npm run models"; streaming listens along with the model that asr.streaming names. openai: a service. auto: a service if asr.openai has a key or an address, else sense-voice if it is installed and works, else moonshine.'),
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
  ...asrServices,
  service: group('What holds for every recognition service.', {
    language: language('', 'Language that the service is told, as a BCP 47 primary subtag; device: that of each device. Empty: the service finds out.'),
    format: choice(['wav', 'opus'], 'wav', 'How speech is sent to services that take both: wav needs 256 kbit/s per device that speaks; opus (in Ogg) 32 kbit/s and some work of an inference thread.'),
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
  fallback: texts([], 'Recognition services that are asked in turn where the one before fails.'),
  timeoutMs: integer(15000, 'Longest time to recognise one utterance, waiting included, in ms.', PATIENCE_MS),
  inferenceQueue: integer(64, 'Utterances that may wait for an inference thread, as a count.', { minimum: 1, maximum: 10000 })
})

export const resilience = group('What is done about services that fail.', {
  failures: integer(3, 'Failures in a row after which a service is left alone for a while, as a count. Only where another can take its place.', { minimum: 1, maximum: 100 }),
  restMs: integer(30000, 'How long it is left alone then, in ms; after that one request tries it.', { minimum: 100, maximum: 3600000 })
})

export const llm = group('The language model.', {
  provider: choice(['auto', 'offline', ...namesOf(llmServices)], 'auto', 'auto: an OpenAI-compatible service if one is configured, else a local Ollama, else the offline phrases.'),
  fallback: texts([], 'Language models that are asked in turn where the one before fails before its first word; offline: the phrases.'),
  firstTokenTimeoutMs: integer(6000, 'Longest wait for the first words of an answer, in ms.', PATIENCE_MS),
  stallTimeoutMs: integer(6000, 'Longest pause within an answer, in ms.', PATIENCE_MS),
  historyTurns: integer(20, 'Turns of a conversation that the model is shown, as a count.', { minimum: 0, maximum: 1000 }),
  systemPrompt: text(
    'You are a friendly voice assistant. Your answers are spoken aloud: keep them to one or two short sentences of plain words, without lists, markup or emoji. Answer in the language of the user.',
    'What the model is told about its part.'
  ),
  ...llmServices,
  ollama: group('A local Ollama.', {
    url: address('http://127.0.0.1:11434', 'Address at which auto looks for Ollama. Empty: do not look.')
  }),
  offline: group('The phrases that need no model.', {
    timeZone: text('', 'Time zone in which the time is told, as in Europe/Berlin. Empty: that of the system.')
  })
})

export const tts = group('The voice.', {
  provider: choice(['auto', 'flite', 'espeak', ...namesOf(ttsServices)], 'auto', 'auto: a cloud voice if one is configured, else flite for English and espeak for the rest.'),
  fallback: texts([], 'Voices that speak in turn where the one before fails before its first sound; local: those on this machine.'),
  firstAudioTimeoutMs: integer(6000, 'Longest wait for the first audio of a sentence, in ms.', PATIENCE_MS),
  stallTimeoutMs: integer(6000, 'Longest pause within the audio of a sentence, in ms.', PATIENCE_MS),
  pronunciations: pairs('Words that the voice says wrongly, as "written|spoken". Screens show what is written.'),
  flite: group('The built-in English voices.', {
    voice: choice(['slt', 'rms', 'awb', 'kal'], 'slt', 'Voice: slt is a woman, the others are men.')
  }),
  espeak: group('The espeak-ng program, for many languages.', {
    command: text('espeak-ng', 'Name or path of the program.', 1),
    wordsPerMinute: integer(160, 'Rate of speech, in words per minute.', { minimum: 80, maximum: 450 })
  }),
  ...ttsServices
})

export const vision = group('Pictures that devices take.', {
  provider: choice(['auto', 'openai', 'none'], 'auto', 'auto: a service if vision.openai is set, or if the language model is that of OpenAI, else none.'),
  maxImageBytes: integer(5242880, 'Largest picture accepted, in bytes.', { minimum: 65536, maximum: 67108864 }),
  maxQuestionBytes: integer(2000, 'Longest question about a picture, in bytes of UTF-8; what is over it is cut off.', { minimum: 64, maximum: 65536 }),
  maxUploads: integer(64, 'Most pictures worked on at once, as a count. More are answered with an apology.', { minimum: 1, maximum: 10000 }),
  uploadTimeoutMs: integer(15000, 'Longest time for one upload, in ms.', { minimum: 100, maximum: 60000 }),
  answerTimeoutMs: integer(20000, 'Time from the first byte of an upload after which the answer is an apology, in ms. A device waits 30 s.', { minimum: 100, maximum: 25000 }),
  openai: group('An OpenAI-compatible service with a model that sees.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: llm.openai.baseUrl.'),
    apiKey: secret('Key of the API. Empty: llm.openai.apiKey, if the address is the same as that of the language model.'),
    model: text('', 'Name of the model. Empty: llm.openai.model, if the address is the same as that of the language model, else gpt-4o-mini.'),
    maxTokens: integer(300, 'Longest answer, in tokens.', { minimum: 1, maximum: 32768 })
  })
})
