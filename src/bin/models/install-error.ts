/** Why a model was not installed and what to do, in words for the person at the terminal. */
export class InstallError extends Error {
  override readonly name = 'InstallError'
}
