import type { ErrorTest, JobFilter, NumberTest, PayloadTest } from './job-filter.ts'

/** Reads the same with and without quotes, wherever it stands. */
const PLAIN = /^[\p{L}\p{N}_*@/+][\p{L}\p{N}_*@/+.:-]*$/u
const PLAIN_STEP = /^[\p{L}\p{N}_@/+-]+$/u

/**
 * A filter in its own words, always the same for the same filter: `parseFilterText` reads it back. Plain text:
 * escape it where Slack reads it, and redact it where others do, for it may hold an error or a part of a payload.
 * Ages in whole seconds.
 */
export const filterWords = (filter: JobFilter): string =>
  [
    ...list('state', filter.states),
    ...list('type', filter.types.map(value)),
    ...filter.errors.map(errorWord),
    ...filter.payload.map(payloadWord),
    ...list('older', ageWords(filter.olderMs)),
    ...list('newer', ageWords(filter.newerMs)),
    ...list('attempts', filter.attempts.map(numberWord)),
    ...list('priority', filter.priority.map(numberWord)),
    ...list('id', filter.ids.map(value)),
    ...list('is', filter.is),
    ...list('limit', filter.limit === null ? [] : [String(filter.limit)]),
  ].join(' ')

const list = (key: string, values: readonly string[]): readonly string[] =>
  values.length === 0 ? [] : [`${key}:${values.join(',')}`]

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

const value = (text: string): string => (PLAIN.test(text) ? text : quoted(text))

const errorWord = ({ kind, text }: ErrorTest): string => {
  if (kind === 'cluster') return `error:#${text}`
  return kind === 'pattern' ? `error:~${value(text)}` : `error:${value(text)}`
}

const payloadWord = ({ path, isNot, value: wanted }: PayloadTest): string => {
  const steps = path.map((step) => (PLAIN_STEP.test(step) ? step : quoted(step)))
  return `data.${steps.join('.')}${isNot ? '!=' : '='}${value(wanted)}`
}

const numberWord = ({ op, value: number }: NumberTest): string =>
  op === '=' ? String(number) : `${op}${number}`

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

function ageWords(ms: number | null): readonly string[] {
  if (ms === null) return []
  let seconds = Math.round(ms / 1000)
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(seconds / size)
    seconds -= count * size
    return count === 0 ? '' : `${count}${unit}`
  })
  return [parts.join('') || '0s']
}
