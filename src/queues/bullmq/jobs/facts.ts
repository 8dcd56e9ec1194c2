import { CLUSTER_STACK_LENGTH } from '../../../domain/failure-cluster.ts'
import type { JobFacts, JobState } from '../../../domain/job.ts'
import { SEARCHED_LENGTH } from '../../../domain/safe-pattern.ts'
import { readContent, toBytes, type JobTexts, type Text } from './content.ts'

/**
 * So many bytes of each are read, whoever reads them and wherever a job is: patterns find, and clusters are, the
 * same in the queue and in the vault. An error is cut, behind all that is looked at, up to three bytes for each
 * character. BullMQ keeps the stacks of all attempts as one text: where it is longer, a job counts as one without.
 */
export const LONGEST_ERROR = 4 * SEARCHED_LENGTH
export const LONGEST_STACKS = 128 * 1024

/** The fields of a job's hash that tell something of it; empty where it has none. */
export interface FactFields {
  readonly name: string
  readonly timestamp: string
  readonly finishedOn: string
  /** `atm`, or `attemptsMade` of BullMQ 4. */
  readonly attempts: string
  readonly priority: string
  /** At least `LONGEST_ERROR` bytes of it. */
  readonly failedReason: string
  /** Null where it was not read, or is longer than `LONGEST_STACKS`. */
  readonly stacktrace: string | null
  readonly data: string | null
}

export const toFacts = (id: string, state: JobState, fields: FactFields): JobFacts => ({
  id,
  state,
  type: fields.name,
  addedAt: toDate(fields.timestamp),
  endedAt: toDate(fields.finishedOn),
  attempts: toNumber(fields.attempts),
  priority: toNumber(fields.priority),
  error: fields.failedReason === '' ? null : fields.failedReason,
  stack: fields.stacktrace === null ? null : lastStack(fields.stacktrace),
  data: fields.data,
})

/** What a filter looks at in a whole job. */
export function factsOfTexts(id: string, { state, fields }: JobTexts): JobFacts {
  const field = new Map(fields)
  const text = (name: string) => legible(field.get(name) ?? '')
  return toFacts(id, state, {
    name: text('name'),
    timestamp: text('timestamp'),
    finishedOn: text('finishedOn'),
    attempts: text('atm') || text('attemptsMade'),
    priority: text('priority'),
    failedReason: text('failedReason'),
    stacktrace: sizeOf(field.get('stacktrace') ?? '') > LONGEST_STACKS ? null : text('stacktrace'),
    data: text('data'),
  })
}

const sizeOf = (text: Text): number =>
  typeof text === 'string' ? Buffer.byteLength(text) : toBytes(text).length

const legible = (text: Text): string =>
  typeof text === 'string' ? text : toBytes(text).toString('utf8')

/** The same of a content of the vault: what the vault does not keep apart. */
export function factsOfContent(content: string): Pick<JobFacts, 'data' | 'stack'> {
  const { data, stack } = factsOfTexts('', readContent(content))
  return { data, stack }
}

/** Of milliseconds, as text; null for what is none. */
export function toDate(text: string): Date | null {
  const date = new Date(text === '' ? Number.NaN : Number(text))
  return Number.isNaN(date.getTime()) ? null : date
}

const toNumber = (text: string): number => {
  const number = Number(text)
  return Number.isFinite(number) ? number : 0
}

/** BullMQ keeps a JSON array, the stack of the last attempt at its end. */
function lastStack(stacktrace: string): string | null {
  if (stacktrace === '' || stacktrace === '[]') return null
  try {
    const stacks: unknown = JSON.parse(stacktrace)
    const last: unknown = Array.isArray(stacks) ? stacks.at(-1) : null
    return typeof last === 'string' ? last.slice(0, CLUSTER_STACK_LENGTH) : null
  } catch {
    return null
  }
}
