/** What is wrong with the call, in words for the person who made it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
