import { accountsOf } from './accounts.ts'
import { ACTION_WORDS, subjectOf } from './action-words.ts'
import { onlyQueue, type Plan, type PlannedQueue, type PlanState } from './action.ts'
import { listing, plural, thousands } from './text.ts'

/** The state in which a plan ends, from how its queues ended; `cancelled` if it was stopped before anything failed. */
export function stateOf(plan: Pick<Plan, 'queues' | 'jobs'>, asked: 'cancelled' | null): PlanState {
  const { done, failed, skipped, returned } = accountsOf(plan)
  if (plan.queues.every(({ state }) => state === 'failed')) return 'failed'
  // Within a queue only a stop or a freeze leaves jobs that were not begun.
  if (returned > 0 && (asked === 'cancelled' || plan.jobs !== null)) return 'cancelled'
  if (done > 0) return 'done'
  if (failed > 0) return 'failed'
  return skipped > 0 ? 'refused' : 'failed'
}

/**
 * Whether nobody has to look after it: all of it done, no pause that does not hold, no job left or missing by
 * the count. A whole queue that was skipped needed nothing.
 */
export function endedWell(plan: Pick<Plan, 'state' | 'queues' | 'jobs'>): boolean {
  const { failed, returned, skipped } = accountsOf(plan)
  const left = failed + returned + (plan.jobs === null ? 0 : skipped)
  return plan.state === 'done' && left === 0 && plan.queues.every(isAsWanted)
}

const isAsWanted = ({ outcome }: PlannedQueue): boolean =>
  outcome?.proof !== 'not_held' &&
  outcome?.proof !== 'paused_again' &&
  outcome?.accounting?.isAsPlanned !== false

interface Ending {
  readonly state: 'cancelled' | null
  /** Why it ended before its time. */
  readonly text: string | null
}

const NAMED = 3

/** One or two sentences: of one queue its own, of several the account with the first that went wrong. */
export function planWords(plan: Plan, { state, text }: Ending): string {
  const only = onlyQueue(plan)
  if (only !== null)
    return only.outcome?.words ?? `${text ?? stopWords(plan)} ${subjectOf(plan)} was not touched.`
  const { planned, done, skipped, failed, returned } = accountsOf(plan)
  const { past } = ACTION_WORDS[plan.action]
  const [one, of] =
    plan.jobs === null ? ['queue', ''] : ['job', ` of ${plural(plan.queues.length, 'queue')}`]
  const rest = [
    skipped === 0 ? null : `${plural(skipped, one)} skipped`,
    failed === 0 ? null : `${thousands(failed)} failed`,
    returned === 0 ? null : `${thousands(returned)} not touched`,
  ].filter((part) => part !== null)
  const why = text ?? (state === 'cancelled' ? stopWords(plan) : null)
  return [
    `<@${plan.actor.userId}> ${past} ${thousands(done)} of ${plural(planned, one)}${of} (\`${plan.scope}\`)${rest.length === 0 ? '' : `; ${listing(rest)}`}.`,
    why,
    ...troubles(plan),
  ]
    .filter((part) => part !== null)
    .join(' ')
}

const stopWords = ({ stop }: Plan): string =>
  stop === null ? 'It was stopped.' : `<@${stop.by.userId}> stopped it.`

function troubles(plan: Plan): readonly string[] {
  const bad = plan.queues.filter(
    ({ state, outcome }) =>
      state === 'failed' || state === 'skipped' || outcome?.proof === 'not_held',
  )
  const shown = bad
    .slice(0, NAMED)
    .flatMap(({ outcome }) => (outcome === null ? [] : [outcome.words]))
  return bad.length > NAMED ? [...shown, `And ${bad.length - NAMED} more.`] : shown
}
