import { greeted } from './attacks/web-socket.js'
import { awaits, exchange } from './exchange.js'
import { listenTo, type Ground } from './player.js'
import { Random } from './random.js'

/** A token as the server gives it to any device with MCP; empty where it has nobody who sees. */
export async function fetchVisionToken (ground: Pick<Ground, 'host' | 'ports'>): Promise<string> {
  const heard = await listenTo(exchange('token', 'gateway', [...greeted(new Random(0), 1), awaits('"capabilities":'), awaits('}}')]), ground)
  return /"vision":\{"url":"[^"]*","token":"([^"]+)"/.exec(heard)?.[1] ?? ''
}
