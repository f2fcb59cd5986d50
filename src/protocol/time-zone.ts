/**
 * Minutes that local time is ahead of UTC.
 * @param timeZone as in Europe/Berlin; empty: that of the system
 * @throws RangeError for a time zone that there is not
 */
export function timeZoneOffsetMinutes (nowMs: number, timeZone: string): number {
  if (timeZone === '') return 0 - new Date(nowMs).getTimezoneOffset()
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(nowMs)
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? []
  if (sign === undefined) return 0
  const offset = Number(hours) * 60 + Number(minutes)
  return sign === '-' ? 0 - offset : offset
}
