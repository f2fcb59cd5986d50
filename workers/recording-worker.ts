import { join } from 'node:path'
import { ChorusError, describeError } from '../src/core/errors.js'
import type { RecordingStart } from '../src/ring/recording-messages.js'
import type { WorkerNews } from '../src/ring/worker-messages.js'
import { RecordingDesk } from './recording/recording-desk.js'
import { announceReady, applyNice } from './thread-setup.js'

const NICE = 10

/** The task of the thread that writes recordings: until it is asked to stop. */
export default async function runRecordingWorker ({ config, control, links }: RecordingStart): Promise<void> {
  const { folder, maxFolderMb } = config.recording
  const path = folder === '' ? join(config.data, 'recordings') : folder
  const tell = (news: WorkerNews): void => { control.postMessage(news) }
  const stopped = new Promise<void>(resolve => { control.once('message', () => { resolve() }) })
  let desk: RecordingDesk | undefined
  try {
    desk = new RecordingDesk({
      folder: path, maxFolderMb, onTrouble: (message, fields) => { tell({ kind: 'log', level: 'warn', message, fields }) }
    })
    links.forEach((link, worker) => { desk!.serve(link, worker) })
    announceReady(control, applyNice(NICE), { folder: path })
  } catch (error) {
    tell({ kind: 'failed', error: new ChorusError('CHORUS_RECORDING_FOLDER', [path, describeError(error)]).toRecord() })
  }
  // A voice worker closes its end behind the last of what it sends.
  await Promise.all([stopped, ...links.map(({ port }) => new Promise<void>(resolve => { port.once('close', () => { resolve() }) }))])
  desk?.close()
  control.close()
}
