import type { Hold, Plan } from '../../src/domain/action.ts'
import type { SeenFlip, Witness } from './history-stage.ts'

/** A confirmed plan, with its places in the audit trail. */
export interface Order {
  readonly plan: Plan
  readonly deed: Witness['confirmed'][number]
  /** When it was given. */
  readonly seq: number
  /** When it could be carried out; null if it never could. */
  readonly forceSeq: number | null
  readonly overSeq: number | null
  readonly holds: readonly Hold[]
}

const MINUTE_MS = 60_000
const LIMIT_MS = 15 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS

const isCritical = (queue: string): boolean => queue.includes('-critical')

/** How many others must approve; as the configuration of the histories says. */
export const approvalsDue = ({ queues }: Plan): number =>
  queues.some(({ ref }) => ref.queue.endsWith('-critical-b')) ? 2 : 1

/**
 * Whether policy demands approval, from what happened and nothing else: a critical queue is stopped for more than
 * 15 minutes within the hour or beyond, or runs again after more than 15 minutes.
 */
export const isT3 = (order: Order, orders: readonly Order[], flips: readonly SeenFlip[]): boolean =>
  order.plan.queues
    .map(({ ref }) => ref.queue)
    .filter(isCritical)
    .some((queue) =>
      order.plan.action === 'pause'
        ? stopsTooLong(order, orders, queue)
        : wasStoppedLong(order, flips, queue),
    )

function wasStoppedLong({ seq, deed }: Order, flips: readonly SeenFlip[], queue: string): boolean {
  const last = flips.findLast((flip) => flip.queue === queue && flip.seq < seq)
  return last !== undefined && last.isPaused && deed.at - last.at > LIMIT_MS
}

function stopsTooLong(order: Order, orders: readonly Order[], queue: string): boolean {
  const before = orders.filter(
    ({ plan, forceSeq }) => plan.action === 'pause' && forceSeq !== null && forceSeq < order.seq,
  )
  const stopped = before.reduce((sum, one) => sum + stoppedBy(one, order, queue), 0)
  return stopped + (order.plan.holdMs ?? Infinity) > LIMIT_MS
}

/** For how long an earlier order stopped the queue, or still may, as far as it counts for this one. */
function stoppedBy(earlier: Order, { seq, deed: { at } }: Order, queue: string): number {
  const { plan, holds } = earlier
  if (!mayHaveStopped(earlier, seq, queue)) return 0
  const hold = holds.find(({ ref }) => ref.queue === queue)
  // It has not begun, and still may.
  if (hold === undefined) return plan.holdMs ?? Infinity
  const [began, ended] = [hold.startedAt.getTime(), hold.endedAt?.getTime() ?? Infinity]
  // Until it ends it lasts, however long it was meant to.
  if (ended > at) return Math.max(plan.holdMs ?? Infinity, at - began)
  return Math.max(0, ended - Math.max(began, at - HOUR_MS))
}

function mayHaveStopped({ plan, overSeq }: Order, seq: number, queue: string): boolean {
  const part = plan.queues.find(({ ref }) => ref.queue === queue)
  if (part === undefined) return false
  const isOver = overSeq !== null && overSeq < seq
  return !isOver || (part.state !== 'skipped' && part.state !== 'returned')
}
