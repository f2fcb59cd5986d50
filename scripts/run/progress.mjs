import { spawn } from 'node:child_process'

const TICK_MS = 1000

/** A line on stderr while something takes time; on a terminal with the seconds that passed. */
export function startProgress (what) {
  const isTerminal = process.stderr.isTTY === true
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const paint = text => { process.stderr.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`) }
  paint(`${what} …`)
  const timer = isTerminal ? setInterval(() => { paint(`${what} … ${seconds()} s`) }, TICK_MS) : undefined
  const end = word => {
    clearInterval(timer)
    process.stderr.write(`${isTerminal ? '\r\u001b[K' : ''}${what}: ${word}, ${seconds()} s\n`)
  }
  return { done: () => { end('done') }, fail: () => { end('failed') } }
}

/** Runs a program and keeps what it says. A signal to this process ends it too. */
export function runProgram (command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = chunk => { output = (output + chunk).slice(-200000) }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    const stopChild = signal => {
      child.kill(signal)
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    process.on('SIGINT', stopChild).on('SIGTERM', stopChild)
    const settle = () => { process.off('SIGINT', stopChild).off('SIGTERM', stopChild) }
    child.on('error', error => { settle(); reject(error) })
    child.on('close', code => { settle(); resolve({ code, output }) })
  })
}
