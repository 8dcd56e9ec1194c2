import { OperatorError } from './errors.ts'
import { suggest } from './suggest.ts'

const FILTER_KEYS = [
  'state',
  'type',
  'error',
  'cluster',
  'data',
  'older',
  'newer',
  'attempts',
  'priority',
  'id',
  'is',
  'limit',
] as const
export type FilterKey = (typeof FILTER_KEYS)[number]

const EXAMPLES: Readonly<Record<FilterKey, string>> = {
  state: 'state:failed,delayed',
  type: 'type:whatsapp.send',
  error: 'error:"no such user"',
  cluster: 'cluster:a1b2c3d4',
  data: 'data.customer.id=42',
  older: 'older:30m',
  newer: 'newer:2h',
  attempts: 'attempts:>2',
  priority: 'priority:<=5',
  id: 'id:123,456',
  is: 'is:duplicate',
  limit: 'limit:100',
}

/** What other tools call it. */
const MEANT: Readonly<Record<string, FilterKey>> = {
  status: 'state',
  name: 'type',
  reason: 'error',
  failure: 'error',
  payload: 'data',
  age: 'older',
  before: 'older',
  since: 'newer',
  after: 'newer',
  tries: 'attempts',
  job: 'id',
  count: 'limit',
  max: 'limit',
}

const MAX_SHOWN = 60

export const shown = (text: string): string =>
  `\`${(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text).replaceAll('`', "'")}\``

/** A refusal that names the word; `advice` says how it is said. */
export const refuseFilter = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)

export const forExample = (key: FilterKey): string => `Say for example \`${EXAMPLES[key]}\`.`

const HEAD = /^([a-z]+)(?=[.:=!<>])/i

/** The key that a word begins with; null where it is none of ours. */
export const filterKey = (text: string): FilterKey | null => {
  const typed = HEAD.exec(text)?.[1]?.toLowerCase()
  return FILTER_KEYS.find((key) => key === typed) ?? null
}

/** Only values are quoted. */
export function quotedWhole(text: string): OperatorError {
  const hint = filterKey(text) === null ? '' : ' Only the value stands in quotes.'
  return refuseFilter(
    `${shown(text)} in quotes is no filter.${hint}`,
    'Say for example `error:"no such user"`.',
  )
}

/** A word without a key that is known. */
export function unknownWord(text: string): OperatorError {
  const typed = HEAD.exec(text)?.[1]?.toLowerCase()
  if (typed === undefined) return bareWord(text)
  const meant =
    FILTER_KEYS.find((key) => key === (MEANT[typed] ?? suggest(typed, FILTER_KEYS))) ?? null
  const happened = `Unknown filter word ${shown(text)}`
  return meant === null
    ? refuseFilter(`${happened}.`, `A filter begins with ${FILTER_KEYS.join(', ')}.`)
    : refuseFilter(
        `${happened}; did you mean \`${meant === 'data' ? 'data.' : `${meant}:`}\`?`,
        forExample(meant),
      )
}

/** Without a key; what it looks like tells what was meant. */
const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/^\d+$/, 'id:'],
  [/^#[0-9a-f]{6,8}$/i, 'error:'],
  [/^~/, 'error:'],
  [/^(?:waiting|prioritized|delayed|active|failed|completed)$/i, 'state:'],
  [/^(?:duplicate|corrupted)$/i, 'is:'],
  [/^\d+(?:s|m|h|d)$/i, 'older:'],
]

function bareWord(text: string): OperatorError {
  const key = LOOKS.find(([look]) => look.test(text))?.[1]
  const hint = key === undefined ? '' : `; did you mean ${shown(`${key}${text}`)}?`
  return refuseFilter(
    `${shown(text)} is no filter${hint === '' ? '.' : hint}`,
    'A filter is a key and a value, for example `type:whatsapp.send` or `older:30m`.',
  )
}
