import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { Plan, PlannedQueue, QueueOutcome } from '../../domain/action.ts'
import type { AuditBody, Json } from '../../domain/audit.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { JobAccounts } from '../../domain/ports/vault-store.ts'
import { isSameQueue, type QueueRef } from '../../domain/queue.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { type ActionSpec, LeaseLost, type Part, type PartEnd } from './execution.ts'
import { unfinishedWords } from './jobs/outcome-words.ts'

/** Closes one queue's part in one transaction: a checkpoint. Throws `LeaseLost` if the fence is no longer ours. */
export async function endPart(
  deps: Deps,
  spec: ActionSpec,
  part: Part,
  end: PartEnd,
): Promise<void> {
  const { plan, fence, queue } = part
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const { state } = end
    const outcome = await withAccount(store, part, end, now)
    if (!(await store.plans.endQueue(plan.id, fence, queue.ref, state, outcome)))
      throw new LeaseLost()
    const wasTouched = await store.plans.wasTouched(plan.id, queue.ref)
    await spec.settle(store, { ...part, wasTouched }, { state, outcome }, now)
    // Without an effect of this plan its buttons may still be needed.
    if (state === 'done' && outcome.after !== null && plan.jobs === null)
      await spendButtons(deps, store, part, now)
    const ended = { ...queue, state, outcome }
    await store.audit.append(stepEntry(withQueue(plan, ended), queue.ref, now))
  })
}

/** What ends before its jobs do leaves those that were not begun as they were, and says how many. */
async function withAccount(
  store: Repositories,
  { plan, fence, queue }: Part,
  { outcome }: PartEnd,
  now: Date,
): Promise<QueueOutcome> {
  if (plan.jobs === null || outcome.jobs !== undefined) return outcome
  await store.slices.returnAll(plan.id, fence, queue.ref, now)
  const jobs = await store.slices.accounts(plan.id, queue.ref)
  return { ...outcome, words: `${outcome.words} ${unfinishedWords(jobs)}`, jobs }
}

const withQueue = (plan: Plan, queue: PlannedQueue): Plan => ({ ...plan, queues: [queue] })

/** How one queue of a plan ended, with what it was before and after. */
export function stepEntry(plan: Plan, ref: QueueRef, at: Date): AuditBody {
  const queue = plan.queues.find((one) => isSameQueue(one.ref, ref))
  const facts = {
    state: queue?.state ?? null,
    before: overviewFacts(queue?.before ?? null),
    ...outcomeFacts(queue?.outcome ?? null),
  }
  return auditOfPlan(at, 'step', plan, facts, { queue: ref })
}

const outcomeFacts = (outcome: QueueOutcome | null) => ({
  proof: outcome?.proof ?? null,
  after: overviewFacts(outcome?.after ?? null),
  ...(outcome?.jobs === undefined ? {} : { jobs: jobFacts(outcome.jobs) }),
})

const jobFacts = ({ reasons, ...counts }: JobAccounts): Json => ({
  ...counts,
  reasons: { ...reasons },
})

async function spendButtons(
  deps: Pick<Deps, 'settings'>,
  store: Repositories,
  { plan, queue }: Part,
  now: Date,
): Promise<void> {
  const { past } = ACTION_WORDS[plan.action]
  const who = plan.endsHoldId === null ? `by <@${plan.actor.userId}>` : 'by itself'
  const words = `already ${past} ${who} at ${clockTime(now, deps.settings.timeZone, now)}`
  await store.buttons.spendPlans(queue.ref, plan.action, plan.actor.userId, words, now)
}
