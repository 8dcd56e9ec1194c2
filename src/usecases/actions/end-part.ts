import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { type ActionSpec, LeaseLost, type Part, type PartEnd } from './execution.ts'

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
    const { state, outcome } = end
    if (!(await store.plans.endQueue(plan.id, fence, queue.ref, state, outcome)))
      throw new LeaseLost()
    const wasTouched = await store.plans.wasTouched(plan.id, queue.ref)
    await spec.settle(store, { ...part, wasTouched }, end, now)
    // Without an effect of this plan its buttons may still be needed.
    if (state === 'done' && outcome.after !== null) await spendButtons(deps, store, part, now)
    await store.audit.append(
      auditOfPlan(
        now,
        'step',
        plan,
        {
          state,
          proof: outcome.proof,
          before: overviewFacts(queue.before),
          after: overviewFacts(outcome.after),
        },
        { queue: queue.ref },
      ),
    )
  })
}

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
