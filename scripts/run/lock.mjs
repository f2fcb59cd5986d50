import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProgress } from './progress.mjs'

const LOOK_AGAIN_MS = 150

/** Runs `work` while no other process does so in the same directory. */
export async function withLock (root, work) {
  // Not in node_modules, which an installation empties.
  mkdirSync(join(root, 'build'), { recursive: true })
  const path = join(root, 'build', '.run.lock')
  await takeLock(path)
  const release = () => { rmSync(path, { force: true }) }
  process.on('exit', release)
  try {
    await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

async function takeLock (path) {
  let progress
  while (!tryLock(path)) {
    const holder = readHolder(path)
    if (holder !== undefined && !isAlive(holder)) {
      removeStale(path, holder)
      continue
    }
    progress ??= startProgress('waiting for another run that is installing or building')
    await sleep(LOOK_AGAIN_MS)
  }
  progress?.done()
}

function tryLock (path) {
  // Written aside and linked, so that nobody ever reads a lock without its holder.
  const aside = `${path}.${process.pid}`
  writeFileSync(aside, describeProcess(process.pid))
  try {
    linkSync(aside, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function readHolder (path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive (holder) {
  const pid = Number(holder.split(' ')[0])
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code === 'ESRCH') return false
  }
  return describeProcess(pid) === holder
}

// A number alone may belong to another process by now, above all in a restarted container.
function describeProcess (pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${pid} ${started} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return `${pid}`
  }
}

function removeStale (path, holder) {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
    // Another run may have replaced the stale lock by its own just before: give that one back.
    if (readFileSync(aside, 'utf8') !== holder) linkSync(aside, path)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}
