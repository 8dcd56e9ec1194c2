import { splitPlain, type Word } from './command-words.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { type Condition, type FilterValue, readCondition } from './filter-condition.ts'
import { filterKey, forExample, refuseFilter, shown } from './filter-keys.ts'
import { refuseGuessing } from './filter-secrecy.ts'
import { type ErrorTest, type JobFilter, NO_FILTER, type NumberTest } from './job-filter.ts'
import { JOB_STATES } from './job.ts'
import { PatternFault, safePattern } from './safe-pattern.ts'
import { suggest } from './suggest.ts'
import { thousands } from './text.ts'

const MAX_WORDS = 60
const MAX_NUMBER = 999_999_999
const MAX_LIMIT = 1_000_000

/**
 * Does a word begin as a filter does? One in quotes never: that is how to name a queue that is called
 * `type:a`.
 */
export function isFilterWord({ text, isQuoted }: Word): boolean {
  const key = isQuoted ? null : filterKey(text)
  // Without a sign, `data.sync` and `type.a` are names of queues.
  return key !== null && (key === 'data' ? /^data\..*[:=]/is : /^[a-z]+[:=!<>]/i).test(text)
}

/**
 * Which jobs are meant: `state:failed type:whatsapp.* error:~ETIMEDOUT data.customer.id=42 older:30m`, in any
 * order; see docs/filters.md. Values of one key are alternatives, but comparisons (`>2`, `!=1`) must all hold.
 * No words: every job. Throws OperatorError (`bad_input`) that names the word.
 */
export function parseJobFilter(words: readonly Word[]): JobFilter {
  if (words.length > MAX_WORDS)
    throw refuseFilter(`A filter has at most ${MAX_WORDS} words.`, 'Say fewer at once.')
  const filter = words.map(readCondition).reduce(withCondition, NO_FILTER)
  checkSense(filter)
  refuseGuessing(filter)
  return filter
}

/** The same for plain text, as `filterWords` gives it, in which Slack has marked nothing up. */
export const parseFilterText = (text: string): JobFilter => parseJobFilter(splitPlain(text))

function withCondition(filter: JobFilter, condition: Condition): JobFilter {
  checkSign(condition)
  return { ...filter, ...READERS[condition.key](condition, filter) }
}

/** Texts are equal or not; only numbers are more or less. */
function checkSign({ key, op, word }: Condition): void {
  const isNumber = key === 'attempts' || key === 'priority'
  if (isNumber || op === ':' || op === '=' || (key === 'data' && op === '!=')) return
  const known = key === 'data' ? '`=` and `!=`' : '`:`'
  throw refuseFilter(`\`${key}\` takes ${known}, not \`${op}\`: ${shown(word)}.`, forExample(key))
}

type Reader = (condition: Condition, filter: JobFilter) => Partial<JobFilter>

const READERS: { readonly [K in Condition['key']]: Reader } = {
  state: (condition, { states }) => ({
    states: distinct([...states, ...oneOf(condition, JOB_STATES)]),
  }),
  type: (condition, { types }) => ({ types: distinct([...types, ...texts(condition)]) }),
  error: (condition, { errors }) => ({
    errors: [...errors, ...condition.values.map((value) => errorTest(value, condition))],
  }),
  cluster: (condition, { errors }) => ({
    errors: [...errors, ...texts(condition).map((text) => clusterTest(text, condition))],
  }),
  data: ({ path, op, values }, { payload }) => ({
    payload: [...payload, ...values.map(({ text }) => ({ path, isNot: op === '!=', value: text }))],
  }),
  older: (condition, { olderMs }) => ({ olderMs: age(condition, olderMs) }),
  newer: (condition, { newerMs }) => ({ newerMs: age(condition, newerMs) }),
  attempts: (condition, { attempts }) => ({ attempts: [...attempts, ...numberTests(condition)] }),
  priority: (condition, { priority }) => ({ priority: [...priority, ...numberTests(condition)] }),
  id: (condition, { ids }) => ({ ids: distinct([...ids, ...texts(condition)]) }),
  is: (condition, { is }) => ({
    is: distinct([...is, ...oneOf(condition, ['corrupted', 'duplicate'] as const)]),
  }),
  limit: (condition, { limit }) => ({ limit: limitOf(condition, limit) }),
}

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]

const texts = ({ key, word, values }: Condition): readonly string[] =>
  values.map(({ text, isQuoted }) => {
    if (isQuoted || !text.startsWith('~')) return text
    throw refuseFilter(
      `Only \`error\` takes a pattern, not \`${key}\`: ${shown(word)}.`,
      'A `*` in a type stands for anything.',
    )
  })

function oneOf<T extends string>(condition: Condition, known: readonly T[]): readonly T[] {
  return condition.values.map(({ text }) => {
    const typed = text.toLowerCase()
    const found = known.find((name) => name === typed)
    if (found !== undefined) return found
    const meant = suggest(typed, known)
    const hint = meant === null ? '.' : `; did you mean \`${condition.key}:${meant}\`?`
    throw refuseFilter(
      `In ${shown(condition.word)}, ${shown(text)} is no ${condition.key === 'state' ? 'state' : 'property'}${hint}`,
      `There are ${known.join(', ')}.`,
    )
  })
}

function errorTest({ text, isQuoted, isPattern }: FilterValue, condition: Condition): ErrorTest {
  if (isPattern) return patternTest(text, condition)
  if (!isQuoted && text.startsWith('#')) return clusterTest(text, condition)
  return { kind: 'exact', text }
}

function patternTest(text: string, { word }: Condition): ErrorTest {
  try {
    safePattern(text)
    return { kind: 'pattern', text }
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error
    throw refuseFilter(
      `The pattern in ${shown(word)} cannot be used: ${error.message.replaceAll('`', "'")}.`,
      'Patterns know no look-around and no back-references; for a text as it stands, leave out the `~`.',
    )
  }
}

function clusterTest(text: string, { word }: Condition): ErrorTest {
  const key = text.replace(/^#/, '').toLowerCase()
  if (/^[0-9a-f]{6,8}$/.test(key)) return { kind: 'cluster', text: key }
  throw refuseFilter(
    `In ${shown(word)}, ${shown(text)} is not the key of a failure cluster.`,
    '`failed` shows the clusters with their keys; an error that begins with # goes in quotes.',
  )
}

const single = ({ key, word, values }: Condition, earlier: number | null): string => {
  const [value, second] = values
  if (value !== undefined && second === undefined && earlier === null) return value.text
  throw refuseFilter(`\`${key}\` can be given once only: ${shown(word)}.`, forExample(key))
}

function age(condition: Condition, earlier: number | null): number {
  const text = single(condition, earlier)
  const ms = parseDuration(text)
  if (ms !== null) return ms
  throw refuseFilter(
    `In ${shown(condition.word)}, ${shown(text)} is not a time that I understand.`,
    `Say for example \`${condition.key}:30m\`, \`${condition.key}:1h30m\` or \`${condition.key}:2d\`.`,
  )
}

const numberTests = (condition: Condition): readonly NumberTest[] =>
  condition.values.map(({ text }) => {
    const own = /^[<>!=]/.test(text) || condition.op === ':' ? text : `${condition.op}${text}`
    const [, op = '=', digits] = /^(!=|<=|>=|[<>=])?(\d{1,9})$/.exec(own) ?? []
    if (digits !== undefined) return { op: op as NumberTest['op'], value: Number(digits) }
    throw refuseFilter(
      `In ${shown(condition.word)}, ${shown(text)} is not a number from 0 to ${thousands(MAX_NUMBER)}.`,
      forExample(condition.key),
    )
  })

function limitOf(condition: Condition, earlier: number | null): number {
  const text = single(condition, earlier)
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_LIMIT) return limit
  throw refuseFilter(
    `In ${shown(condition.word)}, ${shown(text)} is not a number of jobs.`,
    `It can be 1 to ${thousands(MAX_LIMIT)}. ${forExample('limit')}`,
  )
}

/** What can be read, but cannot be meant. */
function checkSense({ attempts, priority, olderMs, newerMs }: JobFilter): void {
  for (const [key, tests] of [
    ['attempts', attempts],
    ['priority', priority],
  ] as const)
    if (tests.some(({ op }) => op === '=') && tests.some(({ op }) => op !== '='))
      throw refuseFilter(
        `\`${key}\` both lists numbers and compares them.`,
        `Say either \`${key}:1,2\` or \`${key}:>1,<5\`.`,
      )
  if (olderMs !== null && newerMs !== null && olderMs >= newerMs)
    throw refuseFilter(
      `No job is both older than ${formatDuration(olderMs)} and newer than ${formatDuration(newerMs)}.`,
      'Between one and two hours is `older:1h newer:2h`.',
    )
}
