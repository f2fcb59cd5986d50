/** What stands on both sides of the bar, for each setting of the form `a|b`. */
export function parsePairs (settings: readonly string[]): ReadonlyArray<readonly [string, string]> {
  return settings.map(setting => {
    const bar = setting.indexOf('|')
    return [setting.slice(0, bar).trim(), setting.slice(bar + 1).trim()]
  })
}
