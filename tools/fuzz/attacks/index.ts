import type { Exchange } from '../exchange.js'
import { Random } from '../random.js'
import type { Attack } from './attack.js'
import { httpAttacks } from './http.js'
import { mqttAttacks } from './mqtt.js'
import { pressureAttacks } from './pressure.js'
import { webSocketAttacks } from './web-socket.js'

export const allAttacks: readonly Attack[] = [...webSocketAttacks, ...httpAttacks, ...mqttAttacks, ...pressureAttacks]

/** The attacks of a seed, without end. */
export function * attacksOf (seed: number, attacks: readonly Attack[] = allAttacks): Generator<Exchange, never> {
  const total = attacks.reduce((sum, { weight }) => sum + weight, 0)
  for (let number = 0; ; number++) {
    // Each has chance of its own: one that draws more does not change those behind it.
    const random = new Random(Math.imul(seed + 1, 0x9e37_79b1) + number)
    yield choose(attacks, random.next() * total).make(random)
  }
}

function choose (attacks: readonly Attack[], place: number): Attack {
  let rest = place
  return attacks.find(({ weight }) => (rest -= weight) < 0) ?? attacks.at(-1)!
}
