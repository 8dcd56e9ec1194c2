import { errorShape } from './failure-cluster.ts'
import type { JobOutcome } from './ports/job-operator.ts'
import type { QueueRef } from './queue.ts'
import { listing, plural } from './text.ts'

/** Jobs that have not ended by then are told as not seen to end. */
export const CANARY_WATCH_MS = 10 * 60_000

/** So sure is what is said of the jobs that did not run. */
const CONFIDENCE = 0.95

/** How a job of a canary did, as last seen. */
export type CanaryOutcome =
  | { readonly kind: 'waiting' | 'active' | 'completed' | 'unseen' }
  /** `isKnown`: with the error that it had before. The shape is redacted. */
  | { readonly kind: 'failed'; readonly isKnown: boolean; readonly shape: string }

export interface CanaryJob {
  /** Its id in the queue. */
  readonly id: string
  readonly type: string
  /** The shape of what it failed with before; null where it had not failed. Stacks are not compared: outcomes have none. */
  readonly before: string | null
  readonly outcome: CanaryOutcome
}

/** A few jobs of the vault that run first, and what becomes of each. Times in ISO 8601, for it is stored as JSON. */
export interface Canary {
  readonly planId: string
  readonly planNumber: number
  /** The vault set that they are of, by number. */
  readonly vault: number
  readonly ref: QueueRef
  readonly by: string
  readonly beganAt: string
  /** Then watching ends, whatever was seen. */
  readonly until: string
  readonly endedAt: string | null
  readonly jobs: readonly CanaryJob[]
}

const hasEnded = ({ outcome: { kind } }: CanaryJob): boolean =>
  kind === 'completed' || kind === 'failed'

/** Jobs that may still end. */
export const openJobs = ({ jobs }: Pick<Canary, 'jobs'>): readonly CanaryJob[] =>
  jobs.filter((job) => !hasEnded(job))

/** With what was seen now. How a job ended is not forgotten when its traces are gone. */
export function withOutcomes(
  canary: Canary,
  seen: ReadonlyMap<string, JobOutcome>,
  now: Date,
): Canary {
  const jobs = canary.jobs.map((job): CanaryJob => {
    const outcome = seen.get(job.id)
    return hasEnded(job) || outcome === undefined
      ? job
      : { ...job, outcome: toCanaryOutcome(job, outcome) }
  })
  const isOver = openJobs({ jobs }).length === 0 || now >= new Date(canary.until)
  return { ...canary, jobs, endedAt: isOver ? now.toISOString() : null }
}

function toCanaryOutcome({ before }: CanaryJob, outcome: JobOutcome): CanaryOutcome {
  if (outcome.kind !== 'failed') return outcome
  const shape = errorShape(outcome.error)
  return { kind: 'failed', isKnown: before === shape, shape }
}

export interface CanaryCounts {
  readonly completed: number
  /** With the error of before, and with others. */
  readonly known: number
  readonly fresh: number
  /** Not seen to end. */
  readonly open: number
}

export function countCanary(jobs: readonly CanaryJob[]): CanaryCounts {
  const count = (test: (outcome: CanaryOutcome) => boolean): number =>
    jobs.filter(({ outcome }) => test(outcome)).length
  return {
    completed: count(({ kind }) => kind === 'completed'),
    known: count((outcome) => outcome.kind === 'failed' && outcome.isKnown),
    fresh: count((outcome) => outcome.kind === 'failed' && !outcome.isKnown),
    open: openJobs({ jobs }).length,
  }
}

/**
 * The largest share of failures, 0 to 1, of which a random sample would show `failed` or fewer in `judged` at
 * least once in twenty times: Clopper and Pearson's bound, `1 - 0.05^(1/n)` where none failed. 1 for no sample.
 */
export function failureShareUpTo(failed: number, judged: number): number {
  if (failed >= judged) return 1
  let [low, high] = [failed / judged, 1]
  for (let step = 0; step < 50; step += 1) {
    const share = (low + high) / 2
    if (chanceOfAtMost(failed, judged, share) > 1 - CONFIDENCE) low = share
    else high = share
  }
  return high
}

function chanceOfAtMost(most: number, of: number, share: number): number {
  let [sum, ways] = [0, 1]
  for (let count = 0; count <= most; count += 1) {
    sum += ways * share ** count * (1 - share) ** (of - count)
    ways *= (of - count) / (count + 1)
  }
  return sum
}

/** What was seen, and what it says of the jobs that did not run. */
export function canaryWords({ jobs }: Pick<Canary, 'jobs'>): string {
  const { completed, known, fresh, open } = countCanary(jobs)
  const failed = known + fresh
  const failures = [
    known === 0 ? '' : `${known} with the same error as before`,
    fresh === 0 ? '' : `${fresh} with another one`,
  ].filter((part) => part !== '')
  const seen = [
    `${completed} of ${plural(jobs.length, 'job')} completed`,
    failed === 0 ? '' : `${failed} failed (${listing(failures)})`,
    open === 0 ? '' : `${open} ${open === 1 ? 'was' : 'were'} not seen to end`,
  ].filter((part) => part !== '')
  return `${listing(seen)}. ${proofWords(failed, completed + failed)}`
}

function proofWords(failed: number, judged: number): string {
  if (judged === 0) return 'That proves nothing.'
  if (failed === judged) return 'The rest has to be expected to fail as well.'
  const percent = Math.round(100 * failureShareUpTo(failed, judged))
  return `At 95 % confidence, up to ${percent} % of jobs like these may${failed === 0 ? ' still' : ''} fail.`
}
