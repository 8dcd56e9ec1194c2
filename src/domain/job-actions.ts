import type { ActionKind, JobOptions, PlannedJobs } from './action.ts'
import type { Effect } from './effect.ts'
import type { JobState } from './job.ts'
import type { Slice } from './ports/vault-store.ts'
import { plural, thousands } from './text.ts'

/** More than this in one plan is no preview any more; a second plan takes the rest. */
export const MOST_JOBS = 500_000

/** A preview that takes longer than this is given up: a narrower filter, or a limit, answers sooner. */
export const SELECT_MS = 60_000

/** What an action about jobs can be about. */
export interface JobActionRule {
  /** Where the jobs are: in their queue, in the vault, or, as the options say, in either or both. */
  readonly source: 'queue' | 'vault' | 'either'
  /** States that it can act on. */
  readonly states: readonly JobState[]
  /** Those that are meant when nobody names one. */
  readonly usual: readonly JobState[]
  /** Whether it must be said which jobs: nobody means all of them by saying nothing. */
  readonly needsFilter: boolean
  /** Whether one plan can be about jobs of several queues. */
  readonly takesMany: boolean
}

const IN_LINE = ['waiting', 'prioritized', 'delayed'] as const
const UNFINISHED = [...IN_LINE, 'failed'] as const
const HELD = [...UNFINISHED, 'completed'] as const

const RULES = {
  quarantine: {
    source: 'queue',
    states: [...IN_LINE, 'failed'],
    usual: ['failed'],
    needsFilter: false,
    takesMany: false,
  },
  retry: {
    source: 'queue',
    states: ['failed'],
    usual: ['failed'],
    needsFilter: false,
    takesMany: true,
  },
  promote: {
    source: 'queue',
    states: ['delayed'],
    usual: ['delayed'],
    needsFilter: false,
    takesMany: true,
  },
  move: {
    source: 'queue',
    states: [...IN_LINE, 'failed'],
    usual: ['waiting', 'prioritized'],
    needsFilter: false,
    takesMany: false,
  },
  prioritize: {
    source: 'queue',
    states: IN_LINE,
    usual: ['waiting', 'prioritized'],
    needsFilter: false,
    takesMany: true,
  },
  clean: {
    source: 'queue',
    states: HELD,
    usual: ['completed'],
    needsFilter: true,
    takesMany: false,
  },
  drain: { source: 'queue', states: IN_LINE, usual: IN_LINE, needsFilter: false, takesMany: false },
  unstick: {
    source: 'queue',
    states: ['active'],
    usual: ['active'],
    needsFilter: false,
    takesMany: false,
  },
  release: {
    source: 'vault',
    states: HELD,
    usual: UNFINISHED,
    needsFilter: false,
    takesMany: false,
  },
  replay: {
    source: 'either',
    states: HELD,
    usual: UNFINISHED,
    needsFilter: false,
    takesMany: false,
  },
  discard: { source: 'vault', states: HELD, usual: HELD, needsFilter: false, takesMany: false },
} as const satisfies Partial<Record<ActionKind, JobActionRule>>

export type JobAction = keyof typeof RULES

export const isJobAction = (action: ActionKind): action is JobAction => action in RULES

export const jobActionRule = (action: JobAction): JobActionRule => RULES[action]

/** Where a plan's jobs are looked for: a replay may be of a queue, of the vault, or of what another plan left. */
export function sourceOf(action: JobAction, options: JobOptions): 'queue' | 'vault' | 'plan' {
  const { source } = jobActionRule(action)
  if (source !== 'either') return source
  if (options.continues !== undefined) return 'plan'
  return options.vault === undefined ? 'queue' : 'vault'
}

/** Whether the ids of a plan's slice are those of rows of the vault. */
export const isOfVault = (action: JobAction, { isInVault }: Pick<Slice, 'isInVault'>): boolean =>
  isInVault ?? RULES[action].source === 'vault'

/** Whether it makes jobs of the vault run: what had completed would run a second time. */
export const runsFromVault = (action: JobAction, { asItWas }: JobOptions): boolean =>
  action === 'replay' || (action === 'release' && asItWas !== true)

const isReplayInPlace = (action: JobAction, options: JobOptions): boolean =>
  action === 'replay' && sourceOf(action, options) === 'queue'

/** The states that it can be about. In its queue only a failed job can run again: the others run anyway. */
export const possibleStates = (action: JobAction, options: JobOptions): readonly JobState[] =>
  isReplayInPlace(action, options) ? ['failed'] : RULES[action].states

/** The states that are meant when nobody names one: put back where they were, completed jobs do not run again. */
export function usualStates(action: JobAction, options: JobOptions): readonly JobState[] {
  if (isReplayInPlace(action, options)) return ['failed']
  return action === 'release' && !runsFromVault(action, options)
    ? RULES.release.states
    : RULES[action].usual
}

/** Jobs by the state that they were in, of one queue. */
export type JobsByState = Readonly<Partial<Record<JobState, number>>>

const total = (jobs: JobsByState): number =>
  Object.values(jobs).reduce((sum, count) => sum + count, 0)

/** Those that a worker takes sooner or later if they are put back where they were; overdue ones at once. */
export const runnable = (jobs: JobsByState): number =>
  (jobs.waiting ?? 0) + (jobs.prioritized ?? 0) + (jobs.delayed ?? 0)

type JobEffect = (count: number, jobs: Pick<PlannedJobs, 'byState' | 'options'>) => Effect

/** Of jobs that go to another queue, what runs there is that queue's effect. */
const LEAVE = { kind: 'leave' } as const
const RUN = { kind: 'run', isPromotion: false } as const

const leaves: JobEffect = (jobs) => ({ ...LEAVE, jobs })
const runs: JobEffect = (jobs) => ({ ...RUN, jobs })
const empties: JobEffect = (jobs) => ({ kind: 'destroy', jobs })

const EFFECTS: Readonly<Record<JobAction, JobEffect>> = {
  quarantine: leaves,
  move: leaves,
  retry: runs,
  unstick: runs,
  replay: (jobs, { options }) => ({ ...(options.target === undefined ? RUN : LEAVE), jobs }),
  release: (jobs, { byState, options }) => releaseEffect(jobs, byState, options),
  promote: (jobs) => ({ kind: 'run', jobs, isPromotion: true }),
  prioritize: (jobs) => ({ kind: 'reorder', jobs }),
  clean: (jobs, { options }) => ({ kind: options.forgets === true ? 'destroy' : 'clear', jobs }),
  drain: empties,
  discard: empties,
}

/** What an action does to a queue with `count` of its jobs. */
export const jobEffect = (
  action: JobAction,
  count: number,
  jobs: Pick<PlannedJobs, 'byState' | 'options'>,
): Effect => EFFECTS[action](count, jobs)

/** What goes back to the failed or the completed ones does not run for it. A vault set is of one queue. */
function releaseEffect(count: number, byState: JobsByState, { asItWas }: JobOptions): Effect {
  const running = asItWas === true ? runnable(byState) : count
  return running === 0
    ? { kind: 'restore', jobs: count }
    : { kind: 'run', jobs: running, isPromotion: false }
}

/** `42 failed jobs`, `30 waiting and 12 delayed jobs`. */
export function jobsWords(jobs: JobsByState): string {
  const parts = Object.entries(jobs).filter(([, count]) => count > 0)
  const [only] = parts
  if (only === undefined) return 'no jobs'
  return parts.length === 1
    ? plural(only[1], `${only[0]} job`)
    : `${plural(total(jobs), 'job')} (${parts.map(([state, count]) => `${thousands(count)} ${state}`).join(', ')})`
}
