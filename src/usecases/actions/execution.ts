import type { Accounting } from '../../domain/accounting.ts'
import type { ActionKind, PlannedQueue, QueueOutcome } from '../../domain/action.ts'
import type { Lease } from '../../domain/ports/plan-store.ts'
import type { Freeze, Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'

/** One queue's part of an attempt at a leased plan. */
export interface Part extends Lease {
  readonly queue: PlannedQueue
  /** An earlier attempt may have changed the queue, wholly or by half. */
  readonly wasTouched: boolean
  /** Nothing more is begun: only what is half done is brought to its end. */
  readonly isEnding: boolean
}

/** How one queue's part ended. */
export interface PartEnd {
  readonly state: 'done' | 'skipped' | 'failed'
  readonly outcome: QueueOutcome
}

/** Nothing more can be done now: the queue is free for others, and the plan goes on then. */
export interface Later {
  readonly laterMs: number
}

/**
 * What an action is, as far as it differs from the others. The pipeline plans, confirms, has it approved,
 * executes it slice by slice, stops, audits and tells.
 */
export interface ActionSpec {
  readonly kind: ActionKind
  /**
   * Changes one queue, once: run again after any crash it must end the same. Calls `touch` right before the
   * change. Resolves to its end if there is nothing to verify, to when it goes on, else to null. Throws `Frozen`,
   * `LeaseLost`, and what the queue's system throws.
   */
  carryOut(deps: Deps, part: Part): Promise<PartEnd | Later | null>
  /** Watches what was changed, and says how it is. */
  verify(deps: Deps, part: Part): Promise<PartEnd>
  /** Rows that follow the queue's end, in its transaction. */
  settle(store: Repositories, part: Part, end: PartEnd, at: Date): Promise<void>
}

/** Actions were frozen before this queue was touched. */
export class Frozen extends Error {
  override readonly name = 'Frozen'
  readonly freeze: Freeze
  constructor(freeze: Freeze) {
    super('actions are frozen')
    this.freeze = freeze
  }
}

/** Another worker has this plan by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** Held by whoever freezes and by whoever is about to act, so that one of them is first. */
export const FREEZE_LOCK = 'freeze'

/**
 * After this another replica goes on with what a killed one began. Longer than a slice takes; where one takes
 * longer, both do the same idempotent steps and one of them closes the plan.
 */
export const LEASE_MS = 20_000

/** An outcome that is only words. */
export const words = (text: string): QueueOutcome => ({
  words: text,
  proof: null,
  after: null,
  accounting: null,
})

/**
 * Commits, once per plan and queue, that the queue is about to be touched. Last statement of its transaction.
 * Throws `Frozen` if a freeze was first; what may be half done already is brought to its end nevertheless.
 */
export async function recordIntent(
  store: Repositories,
  { plan, fence, queue, wasTouched }: Part,
  at: Date,
): Promise<void> {
  await store.incidents.lockKey(FREEZE_LOCK)
  const freeze = await store.control.frozen()
  if (freeze !== null && !wasTouched) throw new Frozen(freeze)
  if (!(await store.plans.intend(plan.id, fence, queue.ref, at))) return
  await store.audit.append(
    auditOfPlan(at, 'intent', plan, overviewFacts(queue.before), { queue: queue.ref }),
  )
}

/** Missing jobs belong into the sentence that people read; that none is missing, into the details. */
export const withCounts = (text: string, { isAsPlanned, words: counts }: Accounting): string =>
  isAsPlanned === false ? `${text} ${counts}` : text

/** Changes a queue, with a fresh lease taken right before. Throws `LeaseLost` instead of changing it late. */
export async function touchQueue(
  deps: Pick<Deps, 'store' | 'clock'>,
  { plan, fence, queue }: Part,
  change: () => Promise<unknown>,
): Promise<void> {
  const now = deps.clock.now()
  const isOurs = await deps.store.now.plans.touch(plan.id, fence, queue.ref, now, LEASE_MS)
  // Whoever was kept waiting for half the lease does not know any more how things are.
  const isLate = deps.clock.now().getTime() > now.getTime() + LEASE_MS / 2
  if (!isOurs || isLate) throw new LeaseLost()
  await change()
}

/** The hold that this plan set on this queue, if it did. */
export const ownHold = async (store: Repositories, planId: string, ref: QueueRef) =>
  (await store.holds.active(ref)).find((hold) => hold.planId === planId)
