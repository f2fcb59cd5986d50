import { ChorusError, describeError } from '../src/core/errors.js'
import { Scope } from '../src/core/scope.js'
import { chooseVision } from '../src/providers/registry.js'
import { StoreClient } from '../src/ring/store-client.js'
import type { WebStart } from '../src/ring/web-messages.js'
import type { WorkerNews } from '../src/ring/worker-messages.js'
import { createWebServer } from '../src/web/create-web-server.js'
import { announceReady, applyNice, kernelThreadId } from './thread-setup.js'
import { GatewayLine } from './web/gateway-line.js'

/** The task of the web worker: serves the HTTP port until it is asked to stop. */
export default async function runWebWorker (start: WebStart): Promise<void> {
  const { control } = start
  const nice = applyNice(start.config.threads.webNice)
  const line = new GatewayLine(start.gateway)
  await using scope = new Scope()
  scope.defer(() => { line.close(); control.close() })
  try {
    const facts = await serve(start, line, scope)
    announceReady(control, nice, facts)
  } catch (error) {
    const record = error instanceof ChorusError ? error.toRecord() : { code: 'CHORUS_WORKER_LOST', args: ['web', describeError(error)] } as const
    control.postMessage({ kind: 'failed', error: record } satisfies WorkerNews)
  }
  await line.stopped
}

async function serve (start: WebStart, line: GatewayLine, scope: Scope): Promise<Readonly<Record<string, string | number>>> {
  const { config, control, gatewayPort, mqttPort, serverKey } = start
  const store = new StoreClient(start.store, config.store.requestTimeoutMs)
  scope.defer(() => { store.close() })
  const vision = await chooseVision(config)
  scope.defer(() => vision.provider?.close())
  const server = await createWebServer({
    config,
    gatewayPort,
    mqttPort,
    serverKey,
    directory: store,
    explainer: vision.provider,
    health: async () => {
      const { threads, ...rest } = await line.health(config.http.answerTimeoutMs)
      return { ...rest, threads: [...Array.isArray(threads) ? threads as unknown[] : [], { kind: 'web', tid: kernelThreadId() }] }
    },
    obey: (deviceId, order) => line.obey(deviceId, order, config.http.operatorWaitMs),
    onLanguage: (deviceId, tag) => { line.tellLanguage(deviceId, tag) },
    warn: (what, why) => { control.postMessage({ kind: 'log', level: 'warn', message: what, fields: { why } } satisfies WorkerNews) }
  })
  const port = await server.listen()
  scope.defer(() => server.close())
  return { port, vision: vision.provider?.name ?? 'none', visionBecause: vision.because }
}
