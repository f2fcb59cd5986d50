// The devices of `npm run bench:idle`, in a process of their own: connected, greeted, and quiet
// from then on. Ends when its parent goes.
//
//   argv: port, devices, first index; → 'ready' when all are there; ← 'count' → how many still are
import { openConnections } from '../support/raw-devices.js'

const [port = 0, devices = 0, firstIndex = 0] = process.argv.slice(2).map(Number)
process.once('disconnect', () => { process.exit(0) })
const connections = await openConnections(port, devices, firstIndex)
process.on('message', () => { process.send!(connections.filter(({ isClosed }) => !isClosed).length) })
process.send!('ready')
