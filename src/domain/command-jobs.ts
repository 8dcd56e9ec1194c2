import { asTyped, type Word } from './command-words.ts'
import type { QueueCommand } from './command.ts'
import { OperatorError } from './errors.ts'
import { isFilterWord, parseJobFilter } from './filter-grammar.ts'
import { refuseReading } from './filter-secrecy.ts'
import { filterWords } from './filter-words.ts'
import type { JobFilter } from './job-filter.ts'
import type { JobState } from './job.ts'

const wrong = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)

/** Which jobs to show. A quoted word in front is always the name of a queue, which may hold colons as filters do. */
function split(words: readonly Word[]): {
  readonly queue: string | null
  readonly filter: JobFilter
} {
  const [first, ...rest] = words
  const queue = first === undefined || isFilterWord(first) ? null : first.text
  const filter = parseJobFilter(queue === null ? words : rest)
  refuseReading(filter)
  return { queue, filter }
}

/** `failed email error:~TIMEOUT`; which state is not for choosing. Throws `bad_input` that names the word. */
export function parseFailed(words: readonly Word[]): QueueCommand {
  const { queue, filter } = split(words)
  const other = filter.states.find((state) => state !== 'failed')
  if (other !== undefined)
    throw wrong(
      `\`failed\` is about failed jobs, not about ${other} ones.`,
      `Say for example \`jobs email state:${other}\`.`,
    )
  return { kind: 'failed', queue, filter: filterWords({ ...filter, states: [] }) }
}

const IN_LINE: readonly JobState[] = ['waiting', 'prioritized', 'delayed']

/** What each list is about where no state is named, and what it asks beside what is typed. */
const LISTS = {
  jobs: { states: [...IN_LINE, 'active', 'failed'], is: [] },
  duplicates: { states: IN_LINE, is: ['duplicate'] },
  corrupted: { states: [...IN_LINE, 'failed'], is: ['corrupted'] },
} as const satisfies Record<string, Pick<JobFilter, 'states' | 'is'>>

/** `jobs email state:failed older:1h`; `duplicates` and `corrupted` are lists with a filter of their own. */
export const parseJobs =
  (list: keyof typeof LISTS) =>
  (words: readonly Word[]): QueueCommand => {
    const { queue, filter } = split(words)
    const usual = LISTS[list]
    const states = filter.states.length === 0 ? usual.states : filter.states
    const is = [...new Set([...filter.is, ...usual.is])]
    return { kind: 'jobs', queue, filter: filterWords({ ...filter, states, is }), skip: 0 }
  }

/** `job email 4711`, or `job 4711` in the room of its queue. */
export function parseJob(words: readonly Word[]): QueueCommand {
  const [first, second, third] = words
  if (first === undefined)
    throw wrong('After `job` an id is missing.', 'Say for example `job email 4711`.')
  if (third !== undefined)
    throw wrong(
      `\`job\` takes a queue and an id, but ${asTyped(third.text)} follows them.`,
      'Put a name that holds blanks in quotes.',
    )
  return second === undefined
    ? { kind: 'job', queue: null, id: idOf(first) }
    : { kind: 'job', queue: first.text, id: idOf(second) }
}

const idOf = ({ text, isQuoted }: Word): string => (isQuoted ? text : text.replace(/^id[:=]/i, ''))

const SET = /^(?:vault:?)?#?v(\d{1,15})$/i

/** `vault`, `vault email`, `vault v7`. */
export function parseVault(words: readonly Word[]): QueueCommand {
  const [first, second] = words
  if (second !== undefined)
    throw wrong(
      `\`vault\` takes one queue or one set, but ${asTyped(second.text)} follows it.`,
      'Say for example `vault email` or `vault v7`.',
    )
  const number = first?.isQuoted === false ? SET.exec(first.text)?.[1] : undefined
  return number === undefined
    ? { kind: 'vault', queue: first?.text ?? null, set: null }
    : { kind: 'vault', queue: null, set: Number(number) }
}
