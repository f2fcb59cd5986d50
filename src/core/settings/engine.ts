import { address, boolean, choice, group, integer, number, text, texts, CPU_NICE, PATIENCE_MS, THREADS } from './kinds.js'

export const audio = group('How replies are encoded.', {
  sampleRateHz: choice([8000, 12000, 16000, 24000, 48000], 24000, 'Sample rate of the audio sent to devices, in Hz.'),
  frameMs: choice([20, 40, 60], 60, 'Length of one Opus packet sent to devices, in ms.'),
  bitrate: integer(34000, 'Opus bit rate, in bit/s. Below 32000 speech at complexity 0 to 5 is measurably further from the original than by the default of libopus (decision 009).', { minimum: 6000, maximum: 128000 }),
  complexity: integer(0, 'Opus encoder effort, 0 to 10. The processor time grows steeply above 3.', { minimum: 0, maximum: 10 }),
  opus: choice(['auto', 'native', 'wasm'], 'auto', 'Opus library: the native one, the WebAssembly one, or the best that loads.')
})

export const playout = group('How far ahead of its playback a device is sent audio.', {
  leadMs: integer(240, 'Audio sent at once when a reply starts, in ms.', { minimum: 0, maximum: 2000 }),
  refillMs: integer(300, 'Audio kept in the buffer of the device while it plays, in ms.', { minimum: 20, maximum: 2000 }),
  maxAheadMs: integer(1000, 'Most audio a device is ever sent ahead, in ms.', { minimum: 60, maximum: 5000 }),
  maxAheadPackets: integer(18, 'Most packets a device is ever sent ahead, as a count. Its queue holds about 40.', { minimum: 1, maximum: 40 }),
  startGapMs: integer(100, 'Pause between the message that starts a reply and its first audio, in ms.', { minimum: 0, maximum: 2000 }),
  stopEarly: boolean(true, 'Tell firmware of 2.2.2 and later that an answer is over when its last packet has left: it plays on and listens the sooner. Others are told when they have played all.'),
  restartGapMs: integer(50, 'The same pause where one reply follows another, in ms.', { minimum: 0, maximum: 2000 })
})

export const hearing = group('When speech starts and ends.', {
  speechThreshold: number(0.5, 'Probability at which a window counts as speech, 0 to 1.', { minimum: 0.01, maximum: 0.99 }),
  silenceThreshold: number(0.35, 'Probability below which a window counts as silence, 0 to 1.', { minimum: 0.01, maximum: 0.99 }),
  minSpeechMs: integer(96, 'Speech shorter than this is taken for noise, in ms.', { minimum: 32, maximum: 10000 }),
  bargeInMs: integer(250, 'Speech over an answer interrupts it once it lasts so long, in ms. Shorter sounds are listeners\' noises.', { minimum: 32, maximum: 2000 }),
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
  batchWaitMs: integer(20, 'Longest time that a window waits for its batch to fill, in ms. One that may end an utterance does not wait.', { minimum: 0, maximum: 100 }),
  utterancePages: integer(512, 'Pages of 2 s in which utterances are kept, as a count; 64 kB each.', { minimum: 16, maximum: 65536 })
})

export const threads = group('Worker threads. 0 chooses from the processor cores.', {
  voice: integer(0, 'Threads that decode, detect speech and encode, as a count.', THREADS),
  inference: integer(0, 'Threads that run local models, as a count; each holds about 370 MB.', THREADS),
  dialogue: integer(0, 'Threads that talk to language models and voices, as a count.', THREADS),
  voiceNice: integer(5, 'Scheduling niceness of voice threads.', CPU_NICE),
  inferenceNice: integer(19, 'Scheduling niceness of inference threads. Keep it far above that of the others.', CPU_NICE),
  dialogueNice: integer(0, 'Scheduling niceness of dialogue threads.', CPU_NICE),
  streamingNice: integer(10, 'Scheduling niceness of the thread of a streaming recogniser.', CPU_NICE),
  webNice: integer(10, 'Scheduling niceness of the thread of the HTTP port.', CPU_NICE),
  maxSeats: integer(256, 'Most conversations at once per voice thread, as a count.', { minimum: 1, maximum: 4096 }),
  ringMs: integer(2000, 'Audio that the rings between threads hold at full load, in ms.', { minimum: 200, maximum: 10000 })
})

export const inference = group('Where local models run.', {
  device: choice(['cpu', 'cuda', 'coreml', 'directml'], 'cpu', 'Device for voice detection and recognition. Another one than cpu is tried at each start, in a process of its own; a device that is not there stops the start.'),
  trialTimeoutMs: integer(60000, 'Longest time that the trial of a model or device may take, in ms.', PATIENCE_MS)
})

export const models = group('What "npm run models" installs, and from where.', {
  manifest: text('', 'File with further models, of the form of config/models.yaml. Empty: none.'),
  mirrors: texts([], 'Addresses that are asked before GitHub, each with /<tag>/<file> behind it, as below https://github.com/k2-fsa/sherpa-onnx/releases/download.'),
  huggingFace: address('https://huggingface.co', 'Hugging Face or a mirror of it, asked after GitHub for models whose files all have a known sha256. Empty: do not ask.'),
  silenceTimeoutMs: integer(30000, 'A mirror that sends nothing for this time is given up for the next one, in ms.', PATIENCE_MS),
  resumes: integer(5, 'How often a download that was cut goes on at the same mirror before the next one is asked, as a count.', { minimum: 0, maximum: 1000 }),
  maxUnpackedMb: integer(4096, 'Most that one archive may unpack to, in MB.', { minimum: 1, maximum: 1000000 })
})
