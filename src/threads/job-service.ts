import type { MessagePort } from 'node:worker_threads'
import { ChorusError } from '../core/errors.js'
import type { InferenceResult, JobCancel, JobRequest } from '../ring/worker-messages.js'
import type { InferencePool } from './inference-pool.js'

/** Has the inference workers do what a dialogue worker asks for on its `jobs` port. */
export function serveJobs (port: MessagePort, inference: Pick<InferencePool, 'speak'>): void {
  const running = new Map<number, AbortController>()
  port.on('message', ({ id, job }: JobRequest | JobCancel) => {
    if (job === undefined) { running.get(id)?.abort(new ChorusError('CHORUS_STOPPING')); return }
    const controller = new AbortController()
    running.set(id, controller)
    const answer = (result: InferenceResult): void => {
      running.delete(id)
      port.postMessage({ id, result })
    }
    inference.speak(job, controller.signal).then(answer, (error: unknown) => {
      answer({ kind: 'error', error: error instanceof ChorusError ? error.toRecord() : { code: 'CHORUS_INFERENCE_FAILED', args: ['speech', String(error)] } })
    })
  })
}
