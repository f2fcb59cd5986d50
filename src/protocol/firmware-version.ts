const MAX_PARTS = 8

/** Would firmware take it? A part that does not begin with a digit makes it restart for ever. */
export function isSafeVersion (version: string): boolean {
  return /^\d{1,9}(\.\d{1,9})*$/.test(version) && version.split('.').length <= MAX_PARTS
}

/**
 * Is `offered` newer, as firmware compares? Part by part as numbers, of which the leading digits
 * count; where all common parts are equal the longer one is newer.
 */
export function isNewerVersion (offered: string, current: string): boolean {
  const [offers, has] = [partsOf(offered), partsOf(current)]
  for (const [index, part] of offers.entries()) {
    const own = has[index]
    if (own === undefined) return true
    if (part !== own) return part > own
  }
  return false
}

function partsOf (version: string): number[] {
  return version === '' ? [] : version.split('.').map(part => Number(/^\d*/.exec(part)![0]))
}
