import { ChorusError } from '../src/core/errors.js'
import { openStore, type OpenedStore } from '../src/store/open-store.js'
import type { StoreOrder, StoreStart } from '../src/ring/store-messages.js'
import type { WorkerNews } from '../src/ring/worker-messages.js'
import { StoreDesk } from './store/store-desk.js'
import { announceReady, applyNice } from './thread-setup.js'

/** The task of the store worker: answers until it is asked to stop. */
export default async function runStoreWorker ({ config, control }: StoreStart): Promise<void> {
  const opened = await open({ config, control })
  const desk = opened === undefined ? undefined : new StoreDesk(opened.store)
  await new Promise<void>(resolve => {
    control.on('message', (order: StoreOrder) => {
      if (order.kind === 'stop') resolve()
      else desk?.serve(order.port)
    })
    if (opened !== undefined) announceReady(control, applyNice(0), { sqlite: opened.library, file: opened.file })
  })
  await desk?.close()
  await opened?.store.close()
  control.close()
}

/** Where it fails the thread stays: an error that ends a task would lose its code on the way. */
async function open ({ config, control }: StoreStart): Promise<OpenedStore | undefined> {
  try {
    return await openStore({ config })
  } catch (error) {
    if (!(error instanceof ChorusError)) throw error
    control.postMessage({ kind: 'failed', error: error.toRecord() } satisfies WorkerNews)
    return undefined
  }
}
