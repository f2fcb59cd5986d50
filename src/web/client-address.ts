import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { ChorusError } from '../core/errors.js'

export interface Client {
  /** Of the device, as far as somebody vouches for it. */
  readonly address: string
  /** In a private network or on this machine. */
  readonly isLocal: boolean
}

// Addresses of carrier-grade NAT are not among them: whole cities share those.
const localNetworks = [
  '127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '::1/128', 'fc00::/7', 'fe80::/10'
]

/** Tells where requests come from; headers about that count only from proxies that are trusted. */
export class ClientAddresses {
  readonly #trusted: BlockList
  readonly #local = blockListOf(localNetworks, '')

  /** @throws CHORUS_CONFIG_INVALID */
  constructor (trustedProxies: readonly string[]) {
    this.#trusted = blockListOf(trustedProxies, 'auth.trustedProxies')
  }

  isTrusted (address: string): boolean { return has(this.#trusted, address) }

  of (request: Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } }): Client {
    const peer = plain(request.socket.remoteAddress ?? '')
    const forwarded = forwardedFor(request.headers)
    // If a proxy stands in front that nobody vouches for, its address is not that of the device.
    if (!this.isTrusted(peer)) return { address: peer, isLocal: forwarded.length === 0 && has(this.#local, peer) }
    const address = forwarded.findLast(entry => !this.isTrusted(entry)) ?? forwarded[0] ?? peer
    return { address: isIP(address) === 0 ? peer : address, isLocal: has(this.#local, address) }
  }
}

/** Who passed the request on, the nearest last. */
function forwardedFor (headers: IncomingMessage['headers']): string[] {
  const chain = [headers['x-forwarded-for'] ?? headers['x-real-ip'] ?? headers.forwarded ?? []].flat().join(',')
  return chain.split(',').map(entry => plain(entry.trim())).filter(entry => entry !== '')
}

function has (list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function plain (address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

function blockListOf (networks: readonly string[], setting: string): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network.trim()) ?? []
    const family = isIP(address)
    const bits = family === 6 ? 128 : 32
    if (family === 0 || Number(prefix ?? 0) > bits) {
      throw new ChorusError('CHORUS_CONFIG_INVALID', [setting, JSON.stringify(network), 'an address or a network, as in 10.0.0.0/8'])
    }
    list.addSubnet(address, Number(prefix ?? bits), family === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
