import { BlockList, isIP, isIPv4 } from 'node:net'
import { ChorusError } from './errors.js'

/** Where a connection comes from, as far as that can be believed. */
export interface Origin {
  /** IPv4 in dots, or IPv6 in full and lower case; as it came where it is neither. */
  readonly address: string
  /** What limits are counted by: an IPv4 address, or the 64 bits of an IPv6 network. */
  readonly network: string
  readonly isLoopback: boolean
  /** In a private network, or loopback. */
  readonly isPrivate: boolean
  /** It came through a proxy that is not trusted, or whose two headers contradict each other. */
  readonly isHidden: boolean
}

const GROUPS = 8
const LOOPBACK = '0:0:0:0:0:0:0:1'

/** Tells where connections come from, proxies considered. */
export class ClientAddresses {
  readonly #trusted = new BlockList()

  /**
   * @param proxies addresses and networks whose headers are believed
   * @throws CHORUS_CONFIG_INVALID
   */
  constructor (proxies: readonly string[]) {
    for (const proxy of proxies) trust(this.#trusted, proxy)
  }

  /** Is it the address of a proxy whose headers are believed? */
  isTrusted (address: string): boolean { return this.#isTrusted(normalise(address)) }

  /** @param header reads a header by its lower-cased name; empty where there is none */
  originOf (peer: string, header: (name: string) => string): Origin {
    const near = normalise(peer)
    const forwarded = header('x-forwarded-for')
    const real = header('x-real-ip').trim()
    if (forwarded === '' && real === '') return makeOrigin(near, header('forwarded') !== '')
    if (!this.#isTrusted(near)) return makeOrigin(near, true)
    const first = forwarded === '' ? undefined : this.#firstUntrusted(forwarded)
    const second = real === '' ? undefined : normalise(real)
    const address = first ?? second!
    // A proxy sets one of them and passes on what the device wrote into the other.
    const agree = first === undefined || second === undefined || first === second
    return isIP(address) === 0 ? makeOrigin(near, true) : makeOrigin(address, !agree)
  }

  // Each proxy appends whom it saw, so only what stands right of the trusted ones was seen by one.
  #firstUntrusted (forwarded: string): string {
    const hops = forwarded.split(',').map(hop => normalise(hop.trim()))
    return hops.findLast(hop => !this.#isTrusted(hop)) ?? hops[0]!
  }

  #isTrusted (address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function trust (list: BlockList, proxy: string): void {
  const [address = '', prefix] = proxy.split('/')
  const family = isIP(address)
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix)
  if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128) || prefix === '') {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['auth.trustedProxies', JSON.stringify(proxy), 'an address or a network, as in 10.0.0.0/8'])
  }
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
}

function makeOrigin (address: string, isHidden: boolean): Origin {
  if (isIPv4(address)) {
    const [a = 0, b = 0] = address.split('.').map(Number)
    const isLoopback = a === 127
    const isPrivate = isLoopback || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254)
    return { address, network: address, isLoopback: isLoopback && !isHidden, isPrivate: isPrivate && !isHidden, isHidden }
  }
  const groups = isIP(address) === 6 ? address.split(':') : []
  const first = Number.parseInt(groups[0] ?? '', 16)
  const isLoopback = groups.join(':') === LOOPBACK
  const isPrivate = isLoopback || (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80
  const network = groups.length === GROUPS ? `${groups.slice(0, 4).join(':')}::/64` : address
  return { address, network, isLoopback: isLoopback && !isHidden, isPrivate: isPrivate && !isHidden, isHidden }
}

/** IPv6 in full, in lower case and without a zone; an IPv4 address inside one as such. */
export function normalise (text: string): string {
  const address = text.split('%')[0]!.toLowerCase()
  if (isIP(address) !== 6) return address
  const [head = '', tail] = withHexEnd(address).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(GROUPS - left.length - right.length).fill('0')
  const groups = [...left, ...zeros, ...right].map(group => Number.parseInt(group, 16))
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  }
  return groups.map(group => group.toString(16)).join(':')
}

/** `::ffff:127.0.0.1` as `::ffff:7f00:1`. */
function withHexEnd (address: string): string {
  const end = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  if (end === null) return address
  const [a = 0, b = 0, c = 0, d = 0] = end.slice(1).map(Number)
  return `${address.slice(0, end.index)}${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`
}
