import { concernedQueues, type Plan } from '../../domain/action.ts'
import { isReasonRequired } from '../../domain/plan.ts'
import { approvalsNeeded } from '../../domain/policy.ts'
import type { HoldChoice, PlanView } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { hasRight } from '../people/has-right.ts'
import { approversOf } from '../people/members-with.ts'
import { channelsOf } from './card.ts'
import { hazardsFor, ownHolds, type Seen } from './look.ts'

/** What the modal shows of a plan: who may approve it, and whether this person could break glass. */
export async function planView(
  deps: Deps,
  plan: Plan,
  shown: {
    readonly seen: readonly Seen[]
    readonly choices: readonly HoldChoice[]
    readonly drift: string | null
  },
): Promise<PlanView> {
  const { action, actor } = plan
  const queues = concernedQueues(plan)
  const mayNeedApproval = plan.tier === 'T3' || shown.choices.some((one) => one.needsApproval)
  const [approvers, canBreakGlass] = mayNeedApproval
    ? await Promise.all([
        approversOf(deps, action, queues),
        hasRight(deps, actor, { right: 'break_glass', action, queues }),
      ])
    : [[], false]
  return {
    plan,
    holds: shown.seen.flatMap((seen) => ownHolds(seen, plan)),
    foreign: shown.seen.flatMap(({ ref, state, holds }) =>
      state.overview.isPaused && holds.length === 0 ? [ref] : [],
    ),
    hazards: shown.seen.flatMap((seen) => hazardsFor(seen, plan)),
    choices: shown.choices,
    isReasonRequired: isReasonRequired(plan.tier),
    approvalsNeeded: mayNeedApproval ? approvalsNeeded(deps.settings, action, queues) : 0,
    approvers: approvers.filter((id) => id !== actor.userId),
    canBreakGlass,
    places: await channelsOf(deps, plan),
    drift: shown.drift,
    undoes: await numberOf(deps, plan.undoesPlanId),
    at: plan.createdAt,
  }
}

const numberOf = async ({ store }: Deps, planId: string | null): Promise<number | null> =>
  planId === null ? null : ((await store.now.plans.byId(planId))?.number ?? null)
