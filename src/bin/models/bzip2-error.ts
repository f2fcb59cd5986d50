/** Not a bzip2 file, or a damaged one. */
export class Bzip2Error extends Error {
  override readonly name = 'Bzip2Error'
}
