import { ACTION_WORDS, titleOf } from '../../domain/action-words.ts'
import { concernedQueues, type Actor, isSameActor, type Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { RoomLine } from '../../domain/message.ts'
import { isOver, mayBegin } from '../../domain/plan-states.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { placesOf, showCard, tellPlaces, tellRequester } from './card.ts'
import { denied } from './deny.ts'
import { findDrift } from './drift.ts'
import { requireThawedIn } from './freeze.ts'
import { voidPlan } from './lapse-plan.ts'

interface Judgement {
  readonly planId: string
  readonly actor: Actor
}

/**
 * Another person says yes. Never the requester, nobody twice, never late, and only to what was shown: if the
 * queues have changed beyond the tolerance, the request is void. Resolves to the plan, confirmed once enough
 * people approved. Throws `stale_button`, `already_done`, `plan_expired`, `plan_drifted`, `not_allowed`,
 * `frozen`, `system_unreachable`.
 */
export async function approvePlan(deps: Deps, judgement: Judgement): Promise<Plan> {
  const { plan, role } = await mayJudge(deps, judgement)
  const drift = await findDrift(deps, plan)
  if (drift !== null) {
    await voidPlan(deps, plan, drift)
    throw new OperatorError(
      'plan_drifted',
      `This request is void: ${drift}`,
      `Nothing was changed. <@${plan.actor.userId}> was told and can ask again with what is true now.`,
    )
  }
  const at = deps.clock.now()
  return deps.store.transaction(async (store) => {
    await requireThawedIn(store, deps)
    await addWord(deps, store, plan, { by: judgement.actor, verdict: 'approved', role, at })
    const given = (await store.approvals.ofPlan(plan.id)).filter(
      ({ verdict }) => verdict === 'approved',
    )
    const demand = { ...plan, isTimedEnd: plan.endsHoldId !== null, approvals: given.length }
    const isEnough = mayBegin(demand)
    const approved = isEnough ? await store.plans.move(plan.id, 'approve', { now: at }) : plan
    if (approved === null) throw await whyNot(deps, store, plan)
    if (isEnough) await store.work.enqueue('execute_plan', { planId: plan.id }, { key: plan.id })
    await tellJudged(deps, store, approved, {
      by: judgement.actor,
      verb: 'approved',
      more: isEnough ? 0 : plan.approvalsNeeded - given.length,
    })
    const facts = { given: given.length, needed: plan.approvalsNeeded, role }
    await store.audit.append(auditOfPlan(at, 'approved', approved, facts, { by: judgement.actor }))
    return approved
  })
}

/** Another person says no; no reason is asked for. The request is over. Throws as `approvePlan` does. */
export async function rejectPlan(deps: Deps, judgement: Judgement): Promise<Plan> {
  const { plan, role } = await mayJudge(deps, judgement)
  const at = deps.clock.now()
  const by = judgement.actor
  return deps.store.transaction(async (store) => {
    await addWord(deps, store, plan, { by, verdict: 'rejected', role, at })
    const words = `<@${by.userId}> rejected it. Nothing was changed.`
    const rejected = await store.plans.move(plan.id, 'reject', { now: at, outcome: { words } })
    if (rejected === null) throw await whyNot(deps, store, plan)
    await tellJudged(deps, store, rejected, { by, verb: 'rejected', more: 0 })
    await store.audit.append(auditOfPlan(at, 'rejected', rejected, { role }, { by }))
    return rejected
  })
}

/** The requester takes the request back. Throws `not_allowed` for anybody else, `already_done`. */
export async function withdrawPlan(deps: Deps, { planId, actor }: Judgement): Promise<Plan> {
  const plan = await requestOf(deps, planId)
  if (!isSameActor(plan.actor, actor))
    throw await denied(
      deps,
      { plan, actor, right: 'withdraw' },
      `Only <@${plan.actor.userId}> can withdraw this request.`,
      'Nothing was changed. Who may approve it can reject it.',
    )
  const at = deps.clock.now()
  return deps.store.transaction(async (store) => {
    const words = `<@${actor.userId}> withdrew it. Nothing was changed.`
    const withdrawn = await store.plans.move(plan.id, 'withdraw', { now: at, outcome: { words } })
    if (withdrawn === null) throw await whyNot(deps, store, plan)
    await tellJudged(deps, store, withdrawn, { by: actor, verb: 'withdrew', more: 0 })
    await store.audit.append(auditOfPlan(at, 'withdrawn', withdrawn, {}))
    return withdrawn
  })
}

async function requestOf(deps: Deps, planId: string): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null)
    throw new OperatorError(
      'stale_button',
      'This request is not known any more.',
      'Nothing was changed by this click.',
    )
  if (plan.state === 'planned')
    throw new OperatorError(
      'bad_input',
      `Nobody asked for approval of the ${titleOf(plan)}: <@${plan.actor.userId}> has not confirmed its preview.`,
      'Nothing was changed. `pending` shows what waits.',
    )
  if (plan.state !== 'requested') throw whatBecame(deps, plan)
  return plan
}

async function mayJudge(
  deps: Deps,
  { planId, actor }: Judgement,
): Promise<{ readonly plan: Plan; readonly role: string }> {
  const plan = await requestOf(deps, planId)
  const { action, incidentId } = plan
  const queues = concernedQueues(plan)
  if (isSameActor(plan.actor, actor))
    throw await denied(
      deps,
      { plan, actor, right: 'approve' },
      'You asked for this yourself; another person has to judge it.',
      'Nothing was changed. You can withdraw the request.',
    )
  const right = 'approve' as const
  const asked = { actor, action, queues, incidentId, planId, right, fresh: true }
  return { plan, role: await requireRole(deps, asked) }
}

/** The database itself refuses the requester's own word, a second one of the same person, and a late one. */
async function addWord(
  deps: Deps,
  store: Repositories,
  plan: Plan,
  word: {
    readonly by: Actor
    readonly verdict: 'approved' | 'rejected'
    readonly role: string
    readonly at: Date
  },
): Promise<void> {
  const current = await store.plans.locked(plan.id)
  if (current === null || current.state !== 'requested' || current.expiresAt <= word.at)
    throw await whyNot(deps, store, plan)
  if (await store.approvals.add({ planId: plan.id, ...word }, plan.actor)) return
  throw new OperatorError(
    'already_done',
    'You have approved this already.',
    'It needs another person as well.',
  )
}

async function whyNot(deps: Deps, store: Repositories, plan: Plan): Promise<OperatorError> {
  const current = (await store.plans.byId(plan.id)) ?? plan
  if (current.state !== 'requested') return whatBecame(deps, current)
  return new OperatorError(
    'plan_expired',
    `This request expired at ${clockTime(current.expiresAt, deps.settings.timeZone, deps.clock.now())}.`,
    `Nothing was changed. <@${plan.actor.userId}> can ask again.`,
  )
}

/** What a late click is told. */
function whatBecame(deps: Pick<Deps, 'settings' | 'clock'>, plan: Plan): OperatorError {
  const { finishedAt, outcome } = plan
  const when =
    finishedAt === null
      ? ''
      : ` at ${clockTime(finishedAt, deps.settings.timeZone, deps.clock.now())}`
  const happened = isOver(plan.state)
    ? `it was over${when}. ${outcome?.words ?? ''}`.trim()
    : plan.state === 'planned'
      ? 'it is only a preview that nobody has confirmed.'
      : plan.approvalsNeeded > 0
        ? 'it was approved and is being carried out.'
        : 'it needs no approval and is being carried out.'
  return new OperatorError(
    'already_done',
    `Too late for the ${titleOf(plan)}: ${happened}`,
    'Nothing was changed by this click.',
  )
}

/** The card is edited, which notifies nobody; the line is read. Buttons that are used up say so. */
async function tellJudged(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  plan: Plan,
  {
    by,
    verb,
    more,
  }: {
    readonly by: Actor
    readonly verb: 'approved' | 'rejected' | 'withdrew'
    readonly more: number
  },
): Promise<void> {
  const at = deps.clock.now()
  const own = isSameActor(by, plan.actor)
  const whose = own ? 'the request' : `<@${plan.actor.userId}>'s request`
  const next =
    verb !== 'approved'
      ? 'Nothing was changed.'
      : more === 0
        ? `It is carried out now.`
        : `It needs ${plural(more, 'more approval', 'more approvals')}.`
  const line: RoomLine = {
    icon: verb === 'approved' ? 'check' : 'info',
    words: `<@${by.userId}> ${verb} ${whose}: ${titleOf(plan)}. ${next}`,
    mention: own ? [] : [plan.actor.userId],
  }
  const places = await placesOf(store, plan)
  const said = { key: `${verb}:${by.userId}`, line, at, by: by.userId }
  await tellPlaces(store, plan, places, said)
  if (!own) await tellRequester(store, plan, said)
  if (more === 0) {
    const when = clockTime(at, deps.settings.timeZone, at)
    const words = `${ACTION_WORDS[plan.action].noun.toLowerCase()} was ${verb === 'withdrew' ? 'withdrawn' : verb} by <@${by.userId}> at ${when}`
    await store.buttons.spendPlan(plan.id, ['approve', 'reject', 'withdraw'], by.userId, words, at)
  }
  await showCard(store, plan, places)
}
