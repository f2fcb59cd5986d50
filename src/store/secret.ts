import { randomBytes } from 'node:crypto'

const SECRET_BYTES = 32

/** A key that nobody can guess, as text. */
export function newSecret (): string { return randomBytes(SECRET_BYTES).toString('base64url') }
