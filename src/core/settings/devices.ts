import { boolean, choice, group, integer, secret, text, texts, PATIENCE_MS } from './kinds.js'

const EXIT_WORDS = ['退出', '关闭', '再见', '拜拜', 'exit', 'goodbye', 'good bye', 'bye bye']

export const session = group('One connected device.', {
  idleCloseMs: integer(90000, 'A device that listens is told goodbye and disconnected after this time without speech, in ms.', { minimum: 5000, maximum: 86400000 }),
  restCloseMs: integer(45000, 'A device that does not even listen is disconnected after this time, in ms. It cannot sleep while it is connected.', { minimum: 5000, maximum: 86400000 }),
  silentCloseMs: integer(10000, 'A device that listens and sends no audio for this time is gone, in ms.', { minimum: 2000, maximum: 86400000 }),
  keepAliveMs: integer(90000, 'A connection on which nothing was sent for this time is sent a message that devices ignore, in ms. Devices give a connection up after 120 s.', { minimum: 5000, maximum: 86400000 }),
  farewell: boolean(true, 'Say goodbye before a silent device is disconnected.'),
  seatLeaseMs: integer(10000, 'A device whose conversation ended keeps its seat in the workers for this time, in ms; what it said last is on its way for some of it.', { minimum: 1000, maximum: 3600000 }),
  wakeWords: texts(
    ['你好小智', '嘿你好呀', '你好小志', '小爱同学', '你好小鑫', '你好小新', '小美同学', '小龙小龙', '喵喵同学', '小滨小滨', '小冰小冰', 'Hi ESP', 'Hi Lexin', 'Alexa', 'Jarvis', 'Sophia', 'Hey Willow'],
    'Phrases that wake a device and are no question. Punctuation does not matter.'
  ),
  wakeReply: choice(['prompt', 'model'], 'prompt', 'What answers a wake word: prompt, a stored greeting, at once; model, the language model.'),
  exitWords: texts(EXIT_WORDS, 'Phrases that end the conversation: the device is told goodbye and disconnected. Punctuation does not matter.'),
  dailyCharacters: integer(0, 'Most characters that one device is told in a day, as a count; 0: any number.', { minimum: 0, maximum: 100000000 }),
  bargeIn: choice(['auto', 'voice', 'words'], 'auto', 'What interrupts an answer while the microphone is open. voice: speech that lasts for hearing.bargeInMs; words: only what was understood and is no echo of the answer; auto: words for devices that ask for echo cancellation, else voice.'),
  defaultLanguage: text('en', 'Language assumed when nothing tells it, as a BCP 47 primary subtag.', 2),
  turnTimeoutMs: integer(30000, 'Longest time from a question to the first audio of its answer, in ms.', { minimum: 1000, maximum: 600000 }),
  keptWaterfalls: integer(16, 'Answers of which `/healthz` tells one by one where their time went, as a count; the latest are kept.', { minimum: 0, maximum: 1000 }),
  maxTextBytes: integer(2000, 'Longest text taken from a device as a question, in bytes of UTF-8.', { minimum: 16, maximum: 65536 }),
  activationEveryMs: integer(60000, 'A device that waits for its approval hears its code this often at most, in ms.', { minimum: 1000, maximum: 3600000 })
})

export const compat = group('What other clients than today\'s firmware need.', {
  endpointInManualMode: boolean(false, 'In manual mode, too, an utterance ends by silence: for clients that never send "listen stop".'),
  echoAudioParams: boolean(false, 'Announce the sample rate of the device\'s own hello, as the replaced server does, instead of audio.sampleRateHz.'),
  answerPing: boolean(true, 'Answer the JSON message "ping" by "pong".'),
  serverSecret: secret('Secret that an operator\'s "server" message must carry. Empty: such messages are ignored.')
})

export const tools = group('What a language model may do with a device.', {
  listTimeoutMs: integer(10000, 'Longest wait for each answer while a device lists its tools, in ms. Busy devices take seconds.', { minimum: 5000, maximum: 600000 }),
  readyWaitMs: integer(1000, 'A question that comes while a device lists its tools waits for them this long at most, in ms.', { minimum: 0, maximum: 10000 }),
  callTimeoutMs: integer(10000, 'Longest wait for what a device says to a call, in ms.', PATIENCE_MS),
  photoTimeoutMs: integer(30000, 'The same for a photo, which the device uploads and has explained, in ms.', PATIENCE_MS),
  passTimeoutMs: integer(40000, 'Longest wait for all calls that a model makes at once, in ms.', PATIENCE_MS),
  maxPasses: integer(5, 'How often a model may call tools before it has to answer, as a count.', { minimum: 1, maximum: 20 }),
  maxCallsPerPass: integer(8, 'Most calls that a model may make at once, as a count.', { minimum: 1, maximum: 64 }),
  maxListPages: integer(16, 'Most pages of tools read from a device, as a count.', { minimum: 1, maximum: 1000 }),
  maxListedTools: integer(512, 'No further page is read once a device has listed this many tools, as a count.', { minimum: 1, maximum: 100000 }),
  maxTools: integer(64, 'Most tools of a device that a model is offered, as a count.', { minimum: 1, maximum: 1000 }),
  maxToolBytes: integer(32768, 'Most that the descriptions of these tools may take, in bytes.', { minimum: 1024, maximum: 1048576 }),
  maxResultBytes: integer(8192, 'Longest answer of a tool that a model is shown, in bytes.', { minimum: 256, maximum: 1048576 }),
  maxKeptCharacters: integer(1000, 'Of each answer of a tool, what the model is shown again with later questions, in characters.', { minimum: 0, maximum: 100000 }),
  maxMessagesPerSecond: integer(50, 'Messages about tools taken from one device in a second, as a count; more are dropped.', { minimum: 1, maximum: 1000 }),
  showCalls: boolean(true, 'Show on the screen of the device which tool is called, as "% name".')
})
