import { createHash } from 'node:crypto'

const MAX_LENGTH = 64
const HASH_LENGTH = 6

/**
 * A name that every language model takes, for the name that a device gave: `self.lamp.turn_on`
 * becomes `self_lamp_turn_on`. Two that would become the same are told apart.
 */
export function toolName (original: string, isTaken: (name: string) => boolean): string {
  const plain = original.replace(/[^A-Za-z0-9_-]+/g, '_')
  const name = /[A-Za-z0-9]/.test(plain) ? plain : `tool_${hashOf(original)}`
  if (name.length <= MAX_LENGTH && !isTaken(name)) return name
  // Of the original, so that it is the same name the next time, whatever came before.
  for (let salt = ''; ; salt += '+') {
    const distinct = `${name.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}_${hashOf(original + salt)}`
    if (!isTaken(distinct)) return distinct
  }
}

function hashOf (text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
}
