import { titleOf } from '../../domain/action-words.ts'
import { concernedQueues, type Hold, type Plan, type ThrottleHold } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue, queueKey } from '../../domain/queue.ts'
import { quote } from '../../domain/quote.ts'
import { plural } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'
import { shownBy } from '../incidents/touch.ts'
import { approversOf } from '../people/members-with.ts'
import { placesOf, type Places } from './card.ts'

type RemindDeps = Pick<Deps, 'store' | 'clock' | 'settings' | 'chat'>

/** What one person did alone is asked about this often until somebody signs it off. */
const REVIEW_MS = 24 * 60 * 60_000
const MENTIONED = 5

/** Reminds of what waits for somebody: requests, break-glass actions, queues held without an end. Run by the clock. */
export async function remind(deps: RemindDeps): Promise<void> {
  const now = deps.clock.now()
  const { remindMs, holdReminderMs } = deps.settings.policy
  const before = (ms: number): Date => new Date(now.getTime() - ms)
  // Marked before it is said: a reminder that is lost comes again, one that is said twice annoys.
  for (const plan of await deps.store.now.plans.remind(before(remindMs), now))
    await remindOfRequest(deps, plan, now)
  for (const review of await deps.store.now.reviews.remind(before(REVIEW_MS), now))
    await remindOfReview(deps, review.planId, now)
  for (const hold of await deps.store.now.holds.remind(before(holdReminderMs), now))
    await remindOfHold(deps, hold, now, PAUSE)
  for (const hold of await deps.store.now.throttles.remind(before(holdReminderMs), now))
    await remindOfHold(deps, hold, now, throttleTo(hold))
}

async function remindOfRequest(deps: RemindDeps, plan: Plan, now: Date): Promise<void> {
  if (plan.expiresAt <= now) return
  const given = await deps.store.now.approvals.ofPlan(plan.id)
  const spoken = new Set([plan.actor.userId, ...given.map(({ by }) => by.userId)])
  const approvers = (await approversOf(deps, plan.action, concernedQueues(plan))).filter(
    (id) => !spoken.has(id),
  )
  const missing = plan.approvalsNeeded - given.length
  const left = formatDuration(plan.expiresAt.getTime() - now.getTime())
  const words = `The ${titleOf(plan)}, asked by <@${plan.actor.userId}>, still waits for ${plural(missing, 'approval')}. It expires in ${left}.`
  await say(deps.store.now, await placesOf(deps.store.now, plan), {
    key: `remind:${plan.id}:${now.getTime()}`,
    words,
    mention: approvers.length > 0 ? approvers.slice(0, MENTIONED) : [plan.actor.userId],
    directly: approvers.slice(0, MENTIONED),
  })
}

async function remindOfReview(deps: RemindDeps, planId: string, now: Date): Promise<void> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null) return
  const approvers = await approversOf(deps, plan.action, concernedQueues(plan))
  const places = { targets: [{ kind: 'ops' as const }] }
  await say(deps.store.now, places, {
    key: `review:${planId}:${now.getTime()}`,
    words: `Nobody has signed off plan ${plan.number} yet: the ${titleOf(plan)}, which <@${plan.actor.userId}> did alone under break-glass. \`${deps.settings.commands.queue} pending\` shows it.`,
    mention: approvers.filter((id) => id !== plan.actor.userId).slice(0, MENTIONED),
    directly: [],
  })
}

/** How a hold is spoken of, and which command ends it. */
interface HoldKind {
  readonly noun: string
  readonly done: string
  readonly freed: string
  readonly verb: string
}

const PAUSE: HoldKind = { noun: 'pause', done: 'paused', freed: 'run again', verb: 'resume' }

const throttleTo = ({ throttle }: ThrottleHold): HoldKind => ({
  noun: 'throttle',
  done: `throttled to ${throttleWords(throttle.wanted)}`,
  freed: 'run at full speed again',
  verb: 'unthrottle',
})

async function remindOfHold(
  deps: RemindDeps,
  hold: Hold,
  now: Date,
  { noun, done, freed, verb }: HoldKind,
): Promise<void> {
  const { now: store } = deps.store
  const incidents = (await store.incidents.unresolved()).filter(
    ({ id, ref }) => id === hold.incidentId || (ref !== null && isSameQueue(ref, hold.ref)),
  )
  const targets =
    incidents.length === 0
      ? [{ kind: 'ops' as const }]
      : [...new Set(incidents.map(shownBy))].map((incidentId) => ({
          kind: 'room' as const,
          incidentId,
        }))
  const since = formatDuration(now.getTime() - hold.startedAt.getTime())
  const why = hold.reason === null ? '' : `: ${quote(hold.reason)}`
  await say(
    store,
    { targets },
    {
      key: `held:${hold.id}:${now.getTime()}`,
      words: `\`${queueKey(hold.ref)}\` has been ${done} for ${since}, ${endWords(deps, hold, now, noun)}${why}. If it may ${freed}: \`${deps.settings.commands.queue} ${verb} ${queueKey(hold.ref)}\`.`,
      mention: [hold.owner.userId],
      directly: [hold.owner.userId],
    },
  )
}

const endWords = ({ settings }: RemindDeps, { endsAt }: Hold, now: Date, noun: string): string =>
  endsAt === null
    ? 'without an end'
    : `though its ${noun} should have ended at ${clockTime(endsAt, settings.timeZone, now)}; a freeze, or a system that is away, keeps it`

interface Reminder {
  readonly key: string
  readonly words: string
  readonly mention: readonly string[]
  /** Who is told in a direct message as well: whose word it waits for need not be in the places. */
  readonly directly: readonly string[]
}

async function say(
  store: Repositories,
  { targets }: Pick<Places, 'targets'>,
  { key, words, mention, directly }: Reminder,
): Promise<void> {
  const everybody = [
    ...targets.map((target) => ({ target, mention })),
    ...directly.map((userId) => ({ target: { kind: 'person' as const, userId }, mention: [] })),
  ]
  for (const [index, { target, mention: whom }] of everybody.entries())
    await store.messages.put({
      key: `${key}:${index}`,
      target,
      content: { kind: 'line', line: { icon: 'info', words, mention: whom } },
      priority: 1,
    })
}
