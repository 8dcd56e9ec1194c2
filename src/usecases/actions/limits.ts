import type { Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'

/**
 * Throws `too_many` when this person, or people on one of these queues, ordered as much as is allowed in the
 * window: whoever acts so often is fighting something that actions do not mend.
 */
export async function requireWithinLimits(
  { settings }: Pick<Deps, 'settings'>,
  store: Repositories,
  plan: Plan,
  now: Date,
): Promise<void> {
  const { perPerson, perQueue, windowMs } = settings.policy.limits
  const since = new Date(now.getTime() - windowMs)
  const own = await store.plans.ordersSince(since, { actor: plan.actor })
  const refs = plan.queues.map(({ ref }) => ref)
  const onQueues = await store.plans.ordersSince(since, { refs })
  const refuse = (orders: readonly Date[], limit: number, who: string): void => {
    const oldest = orders.at(-limit)
    if (orders.length < limit || oldest === undefined) return
    const next = new Date(oldest.getTime() + windowMs)
    throw new OperatorError(
      'too_many',
      `${who} ${limit} times in the last ${formatDuration(windowMs)}; that is the limit.`,
      `Nothing was changed. The next is possible at ${clockTime(next, settings.timeZone, now)}; a freeze is always possible.`,
    )
  }
  refuse(own, perPerson, 'You acted')
  refuse(
    onQueues,
    perQueue,
    `People acted on ${plan.queues.length === 1 ? 'this queue' : 'these queues'}`,
  )
}
