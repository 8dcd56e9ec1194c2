import { accountsOf } from '../../domain/accounts.ts'
import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { Plan, PlanState } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { plural, thousands } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import { exactTime } from '../../domain/time.ts'
import { code, quoted, queueName } from './mrkdwn.ts'

/** `` `sales/email` ``, or `` 12 queues (`tier:low`) ``; whatever the names hold, it is safe as mrkdwn. */
export function subject({ queues, scope, jobs }: Pick<Plan, 'queues' | 'scope' | 'jobs'>): string {
  const count = jobs === null ? '' : `${plural(jobs.count, 'job')} of `
  return `${count}${queuesOf({ queues, scope })}`
}

function queuesOf({ queues, scope }: Pick<Plan, 'queues' | 'scope'>): string {
  const [first] = queues
  return queues.length === 1 && first !== undefined
    ? queueName(first.ref)
    : `${plural(queues.length, 'queue')} (${code(scope)})`
}

/** ` for 30 min`, ` until somebody resumes it`; nothing for what has no length. */
function lengthWords({ action, holdMs, throttle }: Deed): string {
  if (action !== 'pause' && action !== 'throttle') return ''
  const end = action === 'pause' ? 'until somebody resumes it' : 'until somebody ends it'
  const length = holdMs === null ? ` ${end}` : ` for ${formatDuration(holdMs)}`
  if (throttle === null) return length
  const limits = throttleWords(throttle.to)
  if (action === 'throttle') return ` to ${limits}${length}`
  const then = throttle.thenMs === null ? '' : ` for ${formatDuration(throttle.thenMs)}`
  return `${length}, then ${limits}${then}`
}

type Deed = Pick<Plan, 'action' | 'queues' | 'scope' | 'holdMs' | 'jobs' | 'throttle'>

/** `` Pause of `sales/email` for 30 min ``. */
export const deed = (plan: Deed): string =>
  `${ACTION_WORDS[plan.action].noun} of ${subject(plan)}${lengthWords(plan)}`

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** `Pause`, for a button. */
export const verbOf = ({ action }: Pick<Plan, 'action'>): string =>
  capital(ACTION_WORDS[action].verb)

/** `` Pausing `sales/email` for 30 min ``. */
export const deedUnderWay = (plan: Deed): string =>
  `${capital(ACTION_WORDS[plan.action].present)} ${subject(plan)}${lengthWords(plan)}`

/** What became of a plan, at a glance. */
interface Standing {
  readonly icon: string
  readonly words: string
  /** Nobody has to look after it. */
  readonly isGood: boolean
}

const underWay = (icon: string, words: string) => (): Standing => ({ icon, words, isGood: true })

/** One word for what became of it before it began, another for after. */
const over =
  (icon: string, before: string, after: string) =>
  (plan: Plan): Standing => ({
    icon,
    words: wasBegun(plan) ? after : before,
    isGood: false,
  })

const STANDINGS: Readonly<Record<PlanState, (plan: Plan) => Standing>> = {
  planned: underWay(':hourglass_flowing_sand:', 'waits to be confirmed'),
  requested: underWay(':raised_hand:', 'waits for approval'),
  confirmed: underWay(':hourglass_flowing_sand:', 'about to start'),
  executing: underWay(':hourglass_flowing_sand:', 'under way'),
  done: doneStanding,
  refused: (plan) =>
    wasTried(plan) ? NOTHING_DONE : over(':no_entry:', 'rejected', 'refused')(plan),
  failed: over(':x:', 'failed', 'failed'),
  expired: (plan) => over(':hourglass:', isVoid(plan) ? 'void' : 'expired', 'void')(plan),
  cancelled: over(':no_entry:', 'withdrawn', 'stopped'),
}

export const standingOf = (plan: Plan): Standing => STANDINGS[plan.state](plan)

/** Every job was looked at, and none could be dealt with: that is no refusal. */
const NOTHING_DONE: Standing = { icon: ':warning:', words: 'nothing done', isGood: false }

const wasTried = ({ jobs, queues }: Plan): boolean =>
  jobs !== null && queues.some(({ state }) => state === 'done')

/** Whether anything of it can have been carried out. */
export const wasBegun = ({ startedAt }: Pick<Plan, 'startedAt'>): boolean => startedAt !== null

function doneStanding(plan: Plan): Standing {
  const proofs = plan.queues.map(({ outcome }) => outcome?.proof)
  if (proofs.some((proof) => proof === 'not_held' || proof === 'paused_again'))
    return { icon: ':warning:', words: 'done, but it does not hold', isGood: false }
  if (plan.queues.some(({ outcome }) => outcome?.accounting?.isAsPlanned === false))
    return { icon: ':warning:', words: `done, but ${unexplained(plan)}`, isGood: false }
  const { planned, done, skipped, failed, returned } = accountsOf(plan)
  // A queue that needed nothing is as it was wanted; a job that was left is not.
  const left = failed + returned + (plan.jobs === null ? 0 : skipped)
  if (left > 0) {
    const part = plan.jobs === null ? '' : `: ${thousands(done)} of ${plural(planned, 'job')}`
    return { icon: ':warning:', words: `done in part${part}`, isGood: false }
  }
  return { icon: ':white_check_mark:', words: 'done', isGood: true }
}

/** Of what is unstuck those that do not add up have lost their worker again. */
const unexplained = ({ action }: Plan): string =>
  action === 'unstick' ? 'some have no worker again' : 'jobs are missing'

const isVoid = ({ finishedAt, expiresAt }: Plan): boolean =>
  finishedAt !== null && finishedAt < expiresAt

/** The reason that a person gave; a timed end has none of its own. */
export const reasonOf = ({ reason, endsHoldId }: Plan): string | null =>
  reason === null || endsHoldId !== null || reason.trim() === '' ? null : quoted(reason)

const SHORT_HASH = 8

/** `plan 42 · 3fa9c1d0 · T3 · incident 7`: enough to find it in the audit trail, and what it is about. */
export function planLabel({ number, hash, tier, incidentId, undoesPlanId }: Plan): string {
  const facts = [
    `plan ${number}`,
    code(hash.slice(0, SHORT_HASH)),
    tier,
    incidentId === null ? null : `incident ${incidentId}`,
    undoesPlanId === null ? null : 'takes back an earlier plan',
  ]
  return facts.filter((fact) => fact !== null).join(' · ')
}

/** When the numbers of a plan were read. */
export const numbersOf = ({ createdAt }: Plan, zone: string): string =>
  `numbers of ${exactTime(createdAt, zone)}`
