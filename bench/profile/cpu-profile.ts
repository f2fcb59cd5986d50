import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string, readonly url: string, readonly lineNumber: number }
  readonly children?: readonly number[]
}

/** What V8 writes with --cpu-prof; times in µs. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly endTime: number
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** One function in a stack, with all that it called; times in µs. */
export interface Frame {
  readonly name: string
  /** `folder/file.js:line`, empty for what is not JavaScript. */
  readonly place: string
  selfUs: number
  totalUs: number
  readonly children: Map<string, Frame>
}

/** One thread's stacks, over the last `seconds` of its life. */
export interface ThreadProfile {
  readonly kind: string
  /** The time in which the thread was not asleep. */
  readonly root: Frame
  readonly sampledUs: number
}

/** What only waits: V8's idle, and the bells on which voice workers sleep. */
const ASLEEP = new Set(['(idle)', 'sleep', 'doze'])

/** The threads of a process that ran with --cpu-prof, those that did the most first. */
export function readProfiles (folder: string, seconds: number): ThreadProfile[] {
  return readdirSync(folder).filter(name => name.endsWith('.cpuprofile')).sort()
    .map(name => readThread(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile, seconds))
    .sort((a, b) => b.root.totalUs - a.root.totalUs)
}

export function readThread (profile: CpuProfile, seconds: number): ThreadProfile {
  const { nodes, samples, timeDeltas, startTime, endTime } = profile
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id] as const)))
  const root = newFrame('all', '')
  const from = endTime - seconds * 1e6
  let at = startTime
  let sampledUs = 0
  samples.forEach((id, index) => {
    const us = timeDeltas[index]!
    at += us
    if (at < from) return
    sampledUs += us
    const stack: ProfileNode[] = []
    for (let node = byId.get(id); node !== undefined; node = byId.get(parents.get(node.id)!)) stack.push(node)
    if (!stack.some(isAsleep)) addStack(root, stack.reverse().slice(1), us)
  })
  return { kind: kindOf(nodes), root, sampledUs }
}

function isAsleep ({ callFrame: { functionName, url } }: ProfileNode): boolean {
  return ASLEEP.has(functionName) && (url === '' || url.endsWith('/doorbell.js'))
}

function addStack (root: Frame, stack: readonly ProfileNode[], us: number): void {
  root.totalUs += us
  let frame = root
  for (const { callFrame: { functionName, url, lineNumber } } of stack) {
    const place = url === '' ? '' : `${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
    const name = functionName === '' ? '(anonymous)' : functionName
    const key = `${name} ${place}`
    let child = frame.children.get(key)
    if (child === undefined) frame.children.set(key, child = newFrame(name, place))
    child.totalUs += us
    frame = child
  }
  frame.selfUs += us
}

/** By its entry: `workers/voice-worker.js` is the voice worker's. */
function kindOf (nodes: readonly ProfileNode[]): string {
  for (const { callFrame: { url } } of nodes) {
    const worker = /\/workers\/(\w+)-worker\.js$/.exec(url)
    if (worker !== null) return worker[1]!
  }
  return nodes.some(({ callFrame }) => callFrame.url.endsWith('/bin/serve.js')) ? 'gateway' : 'other'
}

function newFrame (name: string, place: string): Frame { return { name, place, selfUs: 0, totalUs: 0, children: new Map() } }
