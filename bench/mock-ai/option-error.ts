/** What is wrong with the call, in words. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}
