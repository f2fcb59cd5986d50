/** The calendar and the clock of one place. */
export interface Moment {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

const DAY_MS = 86_400_000

export function momentAt (timeMs: number, timeZone: string): Moment {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' })
  const parts = new Map(format.formatToParts(timeMs).map(part => [part.type, Number(part.value)]))
  const [year, month, day] = [parts.get('year')!, parts.get('month')!, parts.get('day')!]
  return { year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), hour: parts.get('hour')!, minute: parts.get('minute')! }
}

/** The same time of day, `days` later by the calendar, so that a change of clocks moves nothing. */
export function addDays (moment: Moment, days: number): Moment {
  const date = new Date(Date.UTC(moment.year, moment.month - 1, moment.day) + days * DAY_MS)
  return { ...moment, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() }
}
