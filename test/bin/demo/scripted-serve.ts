// Stands in for the server of the build: takes its arguments, says when it is ready, ends on
// SIGTERM.
import { openVoiceServer } from './scripted-voice-server.js'

const say = (line: object): void => { process.stdout.write(`${JSON.stringify(line)}\n`) }

if (!process.argv.join(' ').includes('--json --gateway.port 0 --http.port 0 --data ')) {
  process.stderr.write(`unexpected arguments: ${process.argv.slice(2).join(' ')}\n`)
  process.exit(3)
}
say({ level: 'info', msg: 'loading nothing at all' })
const { server, port } = await openVoiceServer({ replyFrames: 8 })
say({ level: 'info', event: 'ready', ports: { gateway: port }, msg: 'ready' })
process.once('SIGTERM', () => {
  for (const client of server.clients) client.terminate()
  server.close()
})
