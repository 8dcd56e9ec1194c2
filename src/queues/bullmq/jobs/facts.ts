import type { JobFacts, JobState } from '../../../domain/job.ts'
import { decodeContent, type JobParts } from './content.ts'

/** As a pattern or cluster looks at it. */
export const STACK_LENGTH = 4096

/** The fields of a job's hash that tell something of it; empty where it has none. */
export interface FactFields {
  readonly name: string
  readonly timestamp: string
  readonly finishedOn: string
  /** `atm`, or `attemptsMade` of BullMQ 4. */
  readonly attempts: string
  readonly priority: string
  /** Null where it was not read. */
  readonly failedReason: string
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
export function factsOfParts(id: string, { state, fields }: JobParts): JobFacts {
  const field = new Map(fields)
  const text = (name: string) => field.get(name)?.toString('utf8') ?? ''
  return toFacts(id, state, {
    name: text('name'),
    timestamp: text('timestamp'),
    finishedOn: text('finishedOn'),
    attempts: text('atm') || text('attemptsMade'),
    priority: text('priority'),
    failedReason: text('failedReason'),
    stacktrace: text('stacktrace'),
    data: text('data'),
  })
}

/** The same of a content of the vault: what the vault does not keep apart. */
export function factsOfContent(content: string): Pick<JobFacts, 'data' | 'stack'> {
  const { data, stack } = factsOfParts('', decodeContent(content))
  return { data, stack }
}

function toDate(text: string): Date | null {
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
    return typeof last === 'string' ? last.slice(0, STACK_LENGTH) : null
  } catch {
    return null
  }
}
