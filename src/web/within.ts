import { ChorusError } from '../core/errors.js'

/**
 * Waits for `promise` and no longer than `timeoutMs`.
 * @throws CHORUS_PROVIDER_TIMEOUT
 */
export async function within<T> (name: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new ChorusError('CHORUS_PROVIDER_TIMEOUT', [name, timeoutMs])) }, timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
