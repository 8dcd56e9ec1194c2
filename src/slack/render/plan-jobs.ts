import type { Plan, PlannedJobs } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { shownFilter } from '../../domain/filter-shown.ts'
import {
  type JobAction,
  type JobsByState,
  isJobAction,
  jobsWords,
  MOST_JOBS,
  runnable,
} from '../../domain/job-actions.ts'
import { SKIP_REASONS, SKIP_WORDS } from '../../domain/job.ts'
import { backlog } from '../../domain/queue.ts'
import { listing, plural, thousands } from '../../domain/text.ts'
import { code, queueName } from './mrkdwn.ts'
import { replayEffect, replayLines } from './plan-ramp.ts'

type JobsPlan = Pick<Plan, 'action' | 'jobs' | 'queues' | 'createdAt'>

/** One job is `it`, several are `they`. */
const say = ({ count }: Pick<PlannedJobs, 'count'>, one: string, several: string): string =>
  count === 1 ? one : several

const each = (jobs: PlannedJobs): string => say(jobs, 'it', 'each of them')

const METADATA_KEPT = 'only metadata and the hashes of payloads are kept'

const EFFECTS: Readonly<Record<JobAction, (jobs: PlannedJobs) => string>> = {
  quarantine: (jobs) =>
    say(
      jobs,
      'It leaves its queue for the vault and waits there, until it is released or discarded.',
      'They leave their queue for the vault and wait there, until they are released or discarded.',
    ),
  retry: (jobs) =>
    jobs.options.resetsAttempts === true
      ? `Workers try ${each(jobs)} as if it were new, with all its attempts.`
      : `Workers try ${each(jobs)} again: one more try for what has used up its attempts.`,
  promote: (jobs) =>
    say(
      jobs,
      'It stands in line now instead of waiting for its time.',
      'They stand in line now instead of waiting for their time.',
    ),
  move: (jobs) => {
    const { target } = jobs.options
    const to = `to ${target === undefined ? 'another queue' : queueName(target)}, by way of the vault`
    return say(
      jobs,
      `It goes ${to}: the workers there take it, under a new id if its own is taken.`,
      `They go ${to}: its workers take them, under a new id where theirs is taken.`,
    )
  },
  prioritize: (jobs) => {
    const { priority = 0 } = jobs.options
    return priority === 0
      ? say(
          jobs,
          'It loses its priority, and goes before all that has one.',
          'They lose their priority, and go before all that has one.',
        )
      : `${say(jobs, 'Its', 'Their')} priority is ${thousands(priority)} then: lower numbers go first, and jobs without one before all.`
  },
  clean: removed,
  drain: (jobs) => `${jobs.filter === '' ? 'The queue is emptied. ' : ''}${removed(jobs)}`,
  unstick: (jobs) =>
    say(
      jobs,
      'No worker has it any more. It stands in line again; if it stalled too often, it fails.',
      'No worker has them any more. They stand in line again; what stalled too often fails.',
    ),
  release: (jobs) => (jobs.options.asItWas === true ? goesBack(jobs) : standsInLine(jobs)),
  replay: replayEffect,
  discard: (jobs) =>
    `${say(jobs, 'Its', 'Their')} content is deleted from the vault for good; ${METADATA_KEPT}.`,
}

/** What is cleaned or drained goes to the vault, unless it is to be forgotten. */
function removed(jobs: PlannedJobs): string {
  return jobs.options.forgets === true
    ? `${say(jobs, 'It is', 'They are')} deleted for good: ${METADATA_KEPT}.`
    : `${say(jobs, 'It leaves its', 'They leave their')} queue for the vault; what the vault keeps can be put back.`
}

const goesBack = (jobs: PlannedJobs): string =>
  `${say(jobs, 'It goes back where it was', 'They go back where they were')} taken from: ${fates(jobs.byState)}.`

function standsInLine(jobs: PlannedJobs): string {
  const tried = jobs.options.resetsAttempts === true ? 'as if it were new' : 'once more'
  const waits = (jobs.byState.delayed ?? 0) > 0 ? ' What is delayed and not due yet waits on.' : ''
  return `${say(jobs, 'It stands', 'They stand')} in line again, and workers try ${each(jobs)} ${tried}.${waits}`
}

/** What it means for jobs to be back where they were, of the states that there are. */
function fates(byState: JobsByState): string {
  const words: readonly (readonly [number | undefined, string])[] = [
    [byState.failed, 'failed ones stay failed'],
    [byState.completed, 'completed ones stay completed'],
    [(byState.waiting ?? 0) + (byState.prioritized ?? 0), 'waiting ones stand in line'],
    [byState.delayed, 'delayed ones run when they are due, overdue ones at once'],
  ]
  return listing(words.flatMap(([count = 0, fate]) => (count > 0 ? [fate] : [])))
}

/** What becomes of a plan's jobs; null for a plan about whole queues. */
export function jobsEffectLine({ action, jobs }: Pick<Plan, 'action' | 'jobs'>): string | null {
  if (jobs === null || !isJobAction(action)) return null
  return EFFECTS[action](jobs)
}

/** Which jobs they are, of how many, how old, and which of them will be left as they are. */
export function jobsLines({ action, jobs, queues, createdAt }: JobsPlan): readonly string[] {
  if (jobs === null || !isJobAction(action)) return []
  const lines = [
    `*${jobsWords(jobs.byState)}*${which(jobs)}${ofHowMany(jobs, queues)}${ages(jobs, createdAt)}`,
    mostLine(jobs),
    foreseenLine(jobs),
    ...replayLines(jobs, queues),
    putsInLine({ action, jobs }) && action !== 'replay' ? lineWords(queues) : null,
  ]
  return lines.filter((line) => line !== null)
}

const which = ({ filter, options }: PlannedJobs): string =>
  `${options.vault === undefined ? '' : ` in the vault set ${code(`v${options.vault}`)}`}${options.continues === undefined ? '' : ` that plan ${options.continues} left`}${filter === '' ? '' : ` that match ${code(shownFilter(filter), 300)}`}`

/** `, of 1,310 failed ones`, where the filter leaves some out. */
function ofHowMany({ byState, options }: PlannedJobs, queues: Plan['queues']): string {
  const [only, ...others] = Object.entries(byState)
  const isElsewhere = options.vault !== undefined || options.continues !== undefined
  if (only === undefined || others.length > 0 || isElsewhere) return ''
  const [state, count] = only
  if (state !== 'failed' && state !== 'delayed' && state !== 'completed' && state !== 'active')
    return ''
  const total = queues.reduce((sum, { before }) => sum + before.counts[state], 0)
  return total > count ? `, of ${thousands(total)} ${state} ones` : ''
}

function ages({ oldestAt, newestAt }: PlannedJobs, at: Date): string {
  if (oldestAt === null || newestAt === null) return ''
  const ago = (then: Date): string => formatDuration(Math.max(0, at.getTime() - then.getTime()))
  return ` · oldest ${ago(oldestAt)}, newest ${ago(newestAt)} ago`
}

/** Whoever reads a number without a remainder takes it for all. */
const mostLine = ({ count }: PlannedJobs): string | null =>
  count < MOST_JOBS
    ? null
    : `One plan takes ${thousands(MOST_JOBS)} jobs at most: what else matches needs another one.`

function foreseenLine({ foreseen }: PlannedJobs): string | null {
  const parts = SKIP_REASONS.flatMap((reason) => {
    const count = foreseen[reason] ?? 0
    return count === 0 ? [] : [`${thousands(count)} ${SKIP_WORDS[reason]}`]
  })
  return parts.length === 0 ? null : `Left as they are: ${parts.join(' · ')}`
}

const IN_LINE: ReadonlySet<JobAction> = new Set([
  'retry',
  'promote',
  'release',
  'replay',
  'unstick',
])

/** Whether workers come to them because of it: what goes back to the failed ones waits for nobody. */
export function putsInLine({ action, jobs }: Pick<Plan, 'action' | 'jobs'>): boolean {
  if (jobs === null || !isJobAction(action) || !IN_LINE.has(action)) return false
  const { byState, options } = jobs
  return options.asItWas !== true || runnable(byState) > 0
}

/** Whoever puts jobs in line should know how long that line is, and whether it moves. */
function lineWords(queues: Plan['queues']): string | null {
  const waiting = queues.reduce((sum, { before }) => sum + backlog(before.counts), 0)
  const paused = queues.filter(({ before }) => before.isPaused).length
  const stopped =
    paused === 0
      ? ''
      : `${queues.length === 1 ? 'The queue' : plural(paused, 'queue')} ${paused === 1 ? 'is paused: jobs wait there until it is' : 'are paused: jobs wait there until they are'} resumed.`
  const behind =
    waiting === 0
      ? ''
      : `${plural(waiting, 'job')} ${waiting === 1 ? 'waits' : 'wait'} there already.`
  const words = [behind, stopped].filter((part) => part !== '').join(' ')
  return words === '' ? null : words
}
