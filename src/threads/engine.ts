import { MessageChannel } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import type { ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import { ByteRing, createRingMemory, type RingMemory } from '../ring/byte-ring.js'
import { LoopBell, SleeperBell } from '../ring/doorbell.js'
import { createArenaMemory, UtteranceArena, type ArenaMemory } from '../ring/utterance-arena.js'
import { SlotTable } from '../ring/slot-table.js'
import type { DialogueStart, InferenceStart, McpStart, ModelPaths, VoiceStart } from '../ring/worker-messages.js'
import { FORGET } from '../ring/layout.js'
import { VoiceCounters, type VoiceFigures } from '../ring/voice-counters.js'
import { SeatHandle, type Guest } from './seat-handle.js'
import type { EngineSink } from './engine-sink.js'
import { InferencePool } from './inference-pool.js'
import { Inbound } from './inbound.js'
import { serveJobs } from './job-service.js'
import { LocalRecogniser } from './local-recogniser.js'
import { Recognition } from './recognition.js'
import { RemoteRecogniser } from './remote-recogniser.js'
import { RecordingThread } from './recording-thread.js'
import { ResidentPool } from './resident-pool.js'
import { StreamingResults, type StreamingFigures } from './streaming-results.js'
import { StreamingSeat } from './streaming-seat.js'
import { SlotPool } from './slot-pool.js'
import { DIALOGUE_RING_BYTES, refuseLargeRings, seatRingBytes } from './ring-budget.js'
import type { SpeculationFigures } from './speculation.js'
import type { ThreadCounts } from './thread-counts.js'
import { ToolLinks, type ToolDevice } from './tool-links.js'
import { WorkerLine } from './worker-line.js'

const encoder = new TextEncoder()

const WORKER_FOLDER = new URL('../../workers/', import.meta.url)

export interface EngineOptions {
  readonly config: Config
  readonly counts: ThreadCounts
  readonly models: ModelPaths
  readonly hasEspeak: boolean
  readonly log: Log
  readonly onLost: (error: ChorusError) => void
}

/** Facts for the log and for `/healthz`. */
export interface EngineFacts {
  readonly threads: ThreadCounts
  readonly opus: string
  readonly llm: { readonly name: string, readonly because: string }
  readonly tts: { readonly name: string, readonly because: string }
  readonly nice: Readonly<Record<'voice' | 'inference' | 'dialogue', number>> & { readonly streaming: number | undefined }
}

interface WorkerFacts { readonly nice: number, readonly facts: Readonly<Record<string, string | number>> }

/** All worker threads of the process, and the slots through which sessions use them. */
export class Engine {
  readonly slots: SlotTable
  readonly #options: EngineOptions
  readonly #voiceConfig: Config
  readonly #voice: ResidentPool
  readonly #dialogue: ResidentPool
  readonly #inference: InferencePool
  readonly #slotPool: SlotPool
  readonly #streaming: StreamingSeat | undefined
  readonly #recording: RecordingThread | undefined
  /** Undefined where recognition is local. */
  readonly #remote: RemoteRecogniser | undefined
  readonly #recognition: Recognition
  readonly #inbound: Inbound
  readonly #voiceBells: SleeperBell[] = []
  readonly #voiceLines: WorkerLine[] = []
  readonly #dialogueBells: LoopBell[] = []
  readonly #dialogueLines: WorkerLine[] = []
  readonly #arenas: readonly UtteranceArena[]
  readonly #arenaMemories: readonly ArenaMemory[]
  readonly #counters: readonly VoiceCounters[]
  readonly #threadIds: { readonly kind: 'voice' | 'dialogue', readonly tid: number }[] = []
  /** The dialogue worker that knows a conversation, also while its session has no seat. */
  readonly #dialogueOf = new Map<number, number>()
  readonly #tools: ToolLinks
  readonly #closers: (() => void)[] = []
  #facts: EngineFacts | undefined

  constructor (options: EngineOptions, sink: EngineSink) {
    const { config, counts, log, onLost } = options
    this.#options = options
    refuseLargeRings({ config, counts, hasStreaming: options.models.streaming !== undefined })
    this.#tools = new ToolLinks(config.tools.maxMessagesPerSecond)
    this.slots = SlotTable.create(counts.voice * config.threads.maxSeats)
    this.#slotPool = new SlotPool(counts.voice, config.threads.maxSeats, counts.dialogue)
    this.#arenaMemories = Array.from({ length: counts.voice }, () => createArenaMemory(config.hearing.utterancePages))
    this.#arenas = this.#arenaMemories.map(memory => new UtteranceArena(memory))
    this.#counters = Array.from({ length: counts.voice }, () => new VoiceCounters())
    this.#voice = new ResidentPool({ name: 'voice', file: new URL('voice-worker.js', WORKER_FOLDER), workers: counts.voice, log, onLost })
    this.#dialogue = new ResidentPool({ name: 'dialogue', file: new URL('dialogue-worker.js', WORKER_FOLDER), workers: counts.dialogue, log, onLost })
    const inferenceStart: InferenceStart = { config, models: options.models, arenas: this.#arenaMemories }
    this.#inference = new InferencePool(new URL('inference-worker.js', WORKER_FOLDER), inferenceStart, counts.inference, config.asr.inferenceQueue)
    this.#streaming = this.#createStreaming(sink)
    this.#recording = config.record ? new RecordingThread({ config, voiceWorkers: counts.voice, log, onLost }) : undefined
    const isRemote = options.models.recogniser === undefined && this.#streaming === undefined
    this.#remote = isRemote ? new RemoteRecogniser(config.asr.service, this.#inference) : undefined
    const recogniser = this.#streaming?.results ?? this.#remote ?? new LocalRecogniser(this.#inference)
    // At a pause nothing is told where nobody begins at one.
    this.#voiceConfig = recogniser.takesGuesses ? config : { ...config, hearing: { ...config.hearing, pauseMs: 0 } }
    this.#recognition = new Recognition(recogniser, this.#arenas, this.slots, sink, config.asr.timeoutMs)
    this.#inbound = new Inbound(this.slots, this.#slotPool, sink, this.#recognition, slot => Math.floor(slot / config.threads.maxSeats))
  }

  /**
   * Starts every worker and warms the models.
   * @throws CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START, CHORUS_INFERENCE_FAILED,
   * CHORUS_RECORDING_FOLDER
   */
  async start (): Promise<EngineFacts> {
    const { config, counts } = this.#options
    const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))
    const dialogueToVoice = times(counts.dialogue, () => times(counts.voice, () => createRingMemory(DIALOGUE_RING_BYTES)))
    await this.#recording?.start()
    const voice = await Promise.all(times(counts.voice, index => this.#startVoice(index, dialogueToVoice.map(rings => rings[index]!))))
    const [dialogue, inferenceNice, streamingNice] = await Promise.all([
      Promise.all(dialogueToVoice.map(rings => this.#startDialogue(rings))),
      this.#inference.warm(),
      this.#streaming?.start(this.#voiceBells)
    ])
    for (const { facts } of voice) this.#threadIds.push({ kind: 'voice', tid: Number(facts['tid']) })
    for (const { facts } of dialogue) this.#threadIds.push({ kind: 'dialogue', tid: Number(facts['tid']) })
    this.#facts = {
      threads: counts,
      opus: String(voice[0]!.facts['opus']),
      llm: { name: String(dialogue[0]!.facts['llm']), because: String(dialogue[0]!.facts['llmBecause']) },
      tts: { name: String(dialogue[0]!.facts['tts']), because: String(dialogue[0]!.facts['ttsBecause']) },
      nice: { voice: voice[0]!.nice, dialogue: dialogue[0]!.nice, inference: inferenceNice, streaming: streamingNice }
    }
    if (config.threads.voiceNice !== this.#facts.nice.voice) this.#options.log.warn('the voice threads did not get their niceness', { nice: this.#facts.nice.voice })
    return this.#facts
  }

  get usedSlots (): number { return this.#slotPool.usedSlots }
  get usedPages (): number { return this.#arenas.reduce((sum, arena) => sum + arena.usedPages, 0) }
  /** Uplink packets that no decoder would take, since the start. */
  get badPackets (): number {
    let packets = 0
    for (let slot = 0; slot < this.slots.slots; slot++) packets += this.slots.badPackets(slot)
    return packets
  }

  /** Uplink frames that a full ring refused, since the start. */
  get lostFrames (): number {
    let frames = 0
    for (let slot = 0; slot < this.slots.slots; slot++) frames += this.slots.holes(slot)
    return frames
  }

  get speculation (): SpeculationFigures { return this.#recognition.speculation }
  get voiceFigures (): readonly VoiceFigures[] { return this.#counters.map(counters => counters.read()) }
  get threads (): readonly { readonly kind: string, readonly tid: number }[] { return this.#threadIds }

  /** Of the streaming recogniser, where there is one. */
  get streaming (): StreamingFigures | undefined { return this.#streaming?.results.figures }

  /** Whole jobs that wait for an inference worker, and utterances that wait for a service. */
  get queuedJobs (): number { return this.#inference.queued + (this.#remote?.queued ?? 0) }

  /** A seat for a session; undefined when every slot is taken. */
  attach (guest: Guest): SeatHandle | undefined {
    const lease = this.#slotPool.lease(this.#dialogueOf.get(guest.conversation))
    if (lease === undefined) return undefined
    this.#dialogueOf.set(guest.conversation, lease.dialogue)
    return new SeatHandle(lease, {
      slots: this.slots,
      voice: this.#voiceLines[lease.voice]!,
      dialogue: this.#dialogueLines[lease.dialogue]!,
      recognition: this.#recognition
    }, guest)
  }

  /** Keeps the tools of a device, from its hello on; `mcp` where its firmware has that. */
  openTools (conversation: number, device: ToolDevice, mcp: McpStart | undefined): void {
    const dialogue = this.#dialogueOf.get(conversation) ?? conversation % this.#options.counts.dialogue
    this.#dialogueOf.set(conversation, dialogue)
    this.#tools.open(conversation, dialogue, device, mcp)
  }

  /** What a device says about its tools; the tools were opened. */
  pushToolText (conversation: number, text: string): void { this.#tools.push(conversation, text) }

  /** Nobody will come back to this conversation; its seat was given back. */
  forget (conversation: number): void {
    const dialogue = this.#dialogueOf.get(conversation)
    if (dialogue === undefined) return
    this.#dialogueOf.delete(conversation)
    this.#tools.close(conversation)
    this.#dialogueLines[dialogue]!.send(FORGET, 0, 0, 0, 0, encoder.encode(String(conversation)))
  }

  /** Makes packets of other frames fit `audio.frameMs`. */
  transcode (packets: readonly Uint8Array[]): Promise<readonly Uint8Array[]> { return this.#inference.transcode(packets) }

  /** Cooperative: native code that runs is waited for, nothing is terminated. */
  async stop (): Promise<void> {
    await this.#inference.stop()
    await this.#dialogue.stop(() => { for (const bell of this.#dialogueBells) bell.ring() })
    await this.#streaming?.stop()
    await this.#voice.stop(() => { for (const bell of this.#voiceBells) bell.ring() })
    await this.#recording?.stop()
    for (const line of [...this.#voiceLines, ...this.#dialogueLines]) line.close()
    for (const close of this.#closers) close()
  }

  #createStreaming (sink: EngineSink): StreamingSeat | undefined {
    const { config, counts, models, log, onLost } = this.#options
    if (models.streaming === undefined) return undefined
    const { slots } = this
    const pool = new ResidentPool({ name: 'streaming', file: new URL('streaming-worker.js', WORKER_FOLDER), workers: 1, log, onLost })
    const results = new StreamingResults(slots, sink)
    return new StreamingSeat({ config, files: models.streaming, voiceWorkers: counts.voice, slots, pool, results })
  }

  async #startVoice (index: number, fromDialogue: readonly RingMemory[]): Promise<WorkerFacts> {
    const { config, models } = this.#options
    const bytes = seatRingBytes(config)
    const { link, news, close } = this.#voice.link(bytes, bytes, ring => this.#inbound.takeFromVoice(ring))
    this.#closers.push(close)
    const bell = new SleeperBell()
    this.#voiceBells[index] = bell
    this.#voiceLines[index] = new WorkerLine(new ByteRing(link.fromGateway), bell)
    const recording = this.#recording?.links[index]
    const task: VoiceStart = {
      ...link,
      config: this.#voiceConfig,
      stopFlag: this.#voice.stopFlag,
      slots: this.slots.memory,
      firstSlot: index * config.threads.maxSeats,
      arena: this.#arenaMemories[index]!,
      bell: bell.memory,
      fromDialogue,
      sileroPath: models.silero,
      counters: this.#counters[index]!.memory,
      streaming: this.#streaming?.linkOf(index),
      recording
    }
    return await this.#voice.start(task, [link.control, link.gatewayBellPort, ...recording === undefined ? [] : [recording.port]], news)
  }

  async #startDialogue (toVoice: readonly RingMemory[]): Promise<WorkerFacts> {
    const { config, hasEspeak } = this.#options
    const bytes = DIALOGUE_RING_BYTES
    const { link, news, close } = this.#dialogue.link(bytes, bytes, ring => this.#inbound.takeFromDialogue(ring))
    const bell = new SharedArrayBuffer(64)
    const bellChannel = new MessageChannel()
    const jobs = new MessageChannel()
    const tools = new MessageChannel()
    this.#tools.addWorker(tools.port1)
    this.#closers.push(close, () => { for (const { port1 } of [bellChannel, jobs, tools]) port1.close() })
    const recognition = this.#openRecognition()
    const loopBell = new LoopBell(bell, bellChannel.port1)
    this.#dialogueBells.push(loopBell)
    this.#dialogueLines.push(new WorkerLine(new ByteRing(link.fromGateway), loopBell))
    serveJobs(jobs.port1, this.#inference)
    const task: DialogueStart = {
      ...link,
      config,
      stopFlag: this.#dialogue.stopFlag,
      slots: this.slots.memory,
      bell,
      bellPort: bellChannel.port2,
      toVoice: toVoice.map((ring, index) => ({ ring, bell: this.#voiceBells[index]!.memory })),
      jobs: jobs.port2,
      hasEspeak,
      recognition,
      tools: tools.port2
    }
    const ports = [link.control, link.gatewayBellPort, task.bellPort, task.jobs, task.tools]
    return await this.#dialogue.start(task, recognition === undefined ? ports : [...ports, recognition.port], news)
  }

  #openRecognition (): DialogueStart['recognition'] {
    if (this.#remote === undefined) return undefined
    const { port1, port2 } = new MessageChannel()
    this.#closers.push(() => { port1.close() })
    this.#remote.addWorker(port1)
    return { port: port2, arenas: this.#arenaMemories }
  }
}
