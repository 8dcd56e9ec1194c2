const DAY_MS = 24 * 60 * 60_000

interface WallClock {
  readonly year: string
  readonly month: string
  readonly monthName: string
  readonly day: string
  readonly weekday: string
  readonly hour: string
  readonly minute: string
  readonly second: string
  readonly zone: string
}

const NUMERIC: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
}

// Making a formatter costs a hundred times what using one does, and a headline uses a dozen.
const formatters = new Map<string, readonly [Intl.DateTimeFormat, Intl.DateTimeFormat]>()

function formattersFor(zone: string): readonly [Intl.DateTimeFormat, Intl.DateTimeFormat] {
  const known = formatters.get(zone)
  if (known !== undefined) return known
  const made = [
    new Intl.DateTimeFormat('en-US', { ...NUMERIC, timeZone: zone }),
    new Intl.DateTimeFormat('en-US', { month: 'short', timeZone: zone }),
  ] as const
  formatters.set(zone, made)
  return made
}

function wallClock(date: Date, zone: string): WallClock {
  const [numeric, month] = formattersFor(zone)
  const parts = new Map(numeric.formatToParts(date).map(({ type, value }) => [type, value]))
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? ''
  return {
    year: part('year'),
    month: part('month'),
    monthName: month.format(date),
    day: part('day'),
    weekday: part('weekday'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    zone: part('timeZoneName'),
  }
}

const dayNumber = (clock: WallClock): number =>
  Date.UTC(Number(clock.year), Number(clock.month) - 1, Number(clock.day)) / DAY_MS

/**
 * Time of day in a zone, with as much of the date as it needs seen from `now`: `14:02` today, `Sun 14:02`
 * within six days, `12 Mar 14:02` this year, else `12 Mar 2024 14:02`.
 */
export function clockTime(date: Date, zone: string, now: Date): string {
  if (Number.isNaN(date.getTime())) return 'an unknown time'
  const then = wallClock(date, zone)
  const today = wallClock(now, zone)
  const time = `${then.hour}:${then.minute}`
  const days = Math.abs(dayNumber(then) - dayNumber(today))
  if (days === 0) return time
  if (days < 7) return `${then.weekday} ${time}`
  const calendar = `${then.day} ${then.monthName}`
  return then.year === today.year ? `${calendar} ${time}` : `${calendar} ${then.year} ${time}`
}

/** The instant to the second with its zone, for numbers that age: `14:02:09 UTC`. */
export function exactTime(date: Date, zone: string): string {
  const { hour, minute, second, zone: name } = wallClock(date, zone)
  return `${hour}:${minute}:${second} ${name}`
}
