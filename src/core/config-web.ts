import { address, choice, group, integer, secret, text } from './config-fields.js'

const PORT = { minimum: 0, maximum: 65535 } as const
const PATIENCE_MS = { minimum: 100, maximum: 600000 } as const

/** Of the thread that serves the HTTP port. */
export const http = group('The HTTP port: device registration, firmware, health, metrics.', {
  host: text('0.0.0.0', 'Address to listen on.'),
  port: integer(8003, 'TCP port to listen on; 0 takes any free one.', PORT),
  maxBodyBytes: integer(16384, 'Longest request body accepted, in bytes; pictures have their own limit.', { minimum: 1024, maximum: 16777216 }),
  maxHeaderBytes: integer(8192, 'Longest request header accepted, in bytes.', { minimum: 1024, maximum: 65536 }),
  maxConnections: integer(4096, 'Most connections at once, as a count. More are closed at once.', { minimum: 1, maximum: 1000000 }),
  maxConnectionsPerAddress: integer(512, 'Most connections at once from one address, as a count; trusted proxies may have more. More are answered with 503.', { minimum: 1, maximum: 1000000 }),
  maxRequests: integer(256, 'Most registrations that are worked on at once, as a count. More are answered with 503, and devices try again.', { minimum: 1, maximum: 100000 }),
  headerTimeoutMs: integer(10000, 'Longest time for the header of a request to arrive, in ms.', PATIENCE_MS),
  requestTimeoutMs: integer(20000, 'Longest time for a whole request to arrive, in ms.', PATIENCE_MS),
  idleTimeoutMs: integer(30000, 'A connection on which nothing moves for this time is closed, in ms. Keep it above vision.answerTimeoutMs.', PATIENCE_MS),
  answerTimeoutMs: integer(5000, 'Longest wait for what the rest of the server knows; then the answer is 503, in ms.', { minimum: 100, maximum: 25000 }),
  maxDownloads: integer(256, 'Most firmware files sent at once, as a count. More are answered with 503.', { minimum: 1, maximum: 100000 }),
  downloadTimeoutMs: integer(900000, 'Longest time for sending one firmware file, in ms.', { minimum: 1000, maximum: 86400000 }),
  publicUrl: address('', 'Address of this port as devices reach it, as in https://voice.example, for where a proxy stands in front. Empty: the host and port that they asked for.')
})

export const ota = group('What devices are told when they register.', {
  timeZone: text('', 'Time zone of the clock of the devices, as in Europe/Berlin. Empty: that of the system.'),
  activationMessage: text('', 'What a device shows that must be activated; {code} stands for its code. Empty: a line in English or Chinese.'),
  codesPerAddress: integer(200, 'Activations that one public address, or IPv6 network of 64 bits, may begin in an hour, as a count. More are answered with 503.', { minimum: 1, maximum: 1000000 }),
  firmwareScanMs: integer(10000, 'The folder of firmware files is looked at again after this time, in ms.', { minimum: 0, maximum: 3600000 })
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
