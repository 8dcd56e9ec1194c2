const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const UNITS: Readonly<Record<string, number>> = {
  s: SECOND,
  sec: SECOND,
  second: SECOND,
  m: MINUTE,
  min: MINUTE,
  minute: MINUTE,
  h: HOUR,
  hr: HOUR,
  hour: HOUR,
  d: DAY,
  day: DAY,
}

const unitMs = (word: string): number | undefined => UNITS[word] ?? UNITS[word.replace(/s$/, '')]

/**
 * Milliseconds of `30m`, `1h30m`, `2 hours`, `90s` or `1d`; null for anything else, for zero, and for
 * a unit that appears twice (`30m20m` is a slip, not fifty minutes).
 */
export function parseDuration(text: string): number | null {
  const compact = text.trim().toLowerCase().replace(/\s+/g, '')
  if (!/^(?:\d{1,6}[a-z]{1,7}){1,4}$/.test(compact)) return null
  const seen = new Set<number>()
  let total = 0
  for (const [, digits, word] of compact.matchAll(/(\d+)([a-z]+)/g)) {
    const unit = unitMs(word ?? '')
    if (unit === undefined || seen.has(unit)) return null
    seen.add(unit)
    total += Number(digits) * unit
  }
  return total === 0 ? null : total
}

const pair = (ms: number, big: number, bigName: string, small: number, name: string): string => {
  const whole = Math.floor(ms / big)
  const rest = Math.floor((ms % big) / small)
  return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${name}`
}

/** Milliseconds as people say them, at most two units: `45 s`, `1 min 30 s`, `32 min`, `2 h 5 min`, `3 d`. Rounds down. */
export function formatDuration(ms: number): string {
  const known = Number.isFinite(ms) ? Math.max(0, ms) : 0
  if (known < MINUTE) return `${Math.floor(known / SECOND)} s`
  if (known < 2 * MINUTE) return pair(known, MINUTE, 'min', SECOND, 's')
  if (known < HOUR) return `${Math.floor(known / MINUTE)} min`
  if (known < DAY) return pair(known, HOUR, 'h', MINUTE, 'min')
  return pair(known, DAY, 'd', HOUR, 'h')
}
