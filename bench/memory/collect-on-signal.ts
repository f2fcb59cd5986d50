// Loaded into the server by `--import`: SIGUSR2 collects all garbage of its main thread, so that
// resident memory tells what the sessions hold and not what the start has left behind.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => { for (let round = 0; round < 3; round++) collect() })
}
