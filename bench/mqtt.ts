// npm run bench:mqtt -- --sessions 2000 --talking 200 [--seconds 120] [--seed 1] [--json]
//   [--loss 0.02] [--jitter-ms 60] [--reorder 0.01] [--address-change-s 30]
//
// Devices over MQTT and UDP on a bad network: all hold a session, some of them talk, with a mock AI
// behind the server. Prints what was not heard, in seconds for each minute of answers; the last
// line is JSON. Exits with 1 when a session was lost or nobody was answered.
import { formatTable, short } from './support/figures.js'
import { machineFacts } from './support/machine-facts.js'
import { readFlags, runMain } from './support/options.js'
import { runMqtt, type MqttResult } from './mqtt/run-mqtt.js'

await runMain(async () => {
  const { numbers, switches } = readFlags({
    numbers: {
      sessions: { fallback: 2000, minimum: 1, maximum: 60_000 },
      talking: { fallback: 200, minimum: 1, maximum: 4096 },
      seconds: { fallback: 120, minimum: 5, maximum: 86_400 },
      loss: { fallback: 0.02, minimum: 0, maximum: 1 },
      'jitter-ms': { fallback: 60, minimum: 0, maximum: 5000 },
      reorder: { fallback: 0.01, minimum: 0, maximum: 1 },
      'address-change-s': { fallback: 30, minimum: 1, maximum: 86_400 },
      seed: { fallback: 1, minimum: 0, maximum: 0xffff }
    },
    switches: ['json']
  })
  const result = await runMqtt({
    sessions: Math.max(numbers['sessions']!, numbers['talking']!),
    talking: numbers['talking']!,
    seconds: numbers['seconds']!,
    loss: numbers['loss']!,
    jitterMs: numbers['jitter-ms']!,
    reorder: numbers['reorder']!,
    addressChangeSeconds: numbers['address-change-s']!,
    seed: numbers['seed']!
  })
  const screen = switches.has('json') ? process.stderr : process.stdout
  screen.write(describe(result))
  process.stdout.write(`${JSON.stringify({ bench: 'mqtt', ...machineFacts(), ...result })}\n`)
  return result.failures.length === 0 ? 0 : 1
})

function describe (result: MqttResult): string {
  const { turns, answers, mqtt } = result
  const table = formatTable([
    ['sessions, of them talking', `${result.sessions}, ${result.talking}`],
    ['sessions lost', String(result.sessionsLost)],
    ['turns answered, not answered', `${turns.answered}, ${turns.failed}`],
    ['answers heard', `${short(answers.minutes)} minutes`],
    ['silence within answers', `${short(answers.gapSecondsPerMinute)} s per minute`],
    ['audio that never came or came too late', `${short(answers.lostSecondsPerMinute)} s per minute`],
    ['addresses changed, followed', `${result.addressChanges}, ${mqtt['peersMoved'] ?? 0}`],
    ['datagrams up, missing, overtaken', `${mqtt['uplinkPackets'] ?? 0}, ${mqtt['uplinkMissing'] ?? 0}, ${mqtt['dropOldSequence'] ?? 0}`],
    ['frames sent, late', `${result.server.frames}, ${result.server.lateFrames}`]
  ])
  const why = turns.why.map(text => `not answered: ${text}`)
  const verdict = result.failures.length === 0 ? 'holds' : result.failures.map(failure => `BROKEN: ${failure}`).join('\n')
  return `\n${table}\n${[...why, ...result.complaints.map(text => `the server says: ${text}`), verdict].join('\n')}\n`
}
