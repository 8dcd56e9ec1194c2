import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { ActionKind, Actor, Plan, PlanPreview } from '../../domain/action.ts'
import type { Json } from '../../domain/audit.ts'
import { type TierDecision, tierOf } from '../../domain/effect.ts'
import { OperatorError } from '../../domain/errors.ts'
import { drainEstimate } from '../../domain/forecast.ts'
import { phraseFor } from '../../domain/phrase.ts'
import { byQueue, holdChoices, worstTier } from '../../domain/plan.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { backlog, queueKey, type QueueRef } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import { plural } from '../../domain/text.ts'
import type { HoldChoice, PlanView } from '../../domain/views.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import { attachPayload } from '../audit/payloads.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { live } from '../queues/queue-reads.ts'
import { draftPlan } from './draft.ts'
import { requireThawed } from './freeze.ts'
import { lookAt, type Seen, toPlanned } from './look.ts'
import { planView } from './plan-view.ts'
import { refusalOf } from './refusals.ts'
import { type Context, contextOf, effectsOf, tierFor } from './tier.ts'

export interface PlanRequest {
  readonly actor: Actor
  readonly action: ActionKind
  /** What was asked for, in the person's words: a queue, a glob, a tier. */
  readonly scope: string
  readonly refs: readonly QueueRef[]
  readonly incidentId: number | null
  /** What was asked for; the person may still choose another in the modal. */
  readonly holdMs: number | null
  readonly undoesPlanId?: string | null
}

/**
 * The frozen preview of an action, stored and ready to be confirmed by the same person. Of several queues
 * those that need nothing are left out. Throws `not_allowed`, `frozen`, `already_done`, `not_supported`,
 * `system_unreachable`, `unknown_queue`.
 */
export async function planAction(
  deps: Deps,
  request: PlanRequest,
  drift: string | null = null,
): Promise<PlanView> {
  const { action, actor, incidentId } = request
  for (const { system } of request.refs) requirePause(deps, system)
  const tiered = request.refs.map((ref) => ({ ref, tier: ruleFor(deps.settings, ref).tier }))
  await requireRole(deps, { actor, action, queues: tiered, incidentId })
  await requireThawed(deps)
  const seen = await worthActing(deps, request)
  const undoes = request.undoesPlanId ?? null
  const queues = seen.map((one) => toPlanned(one, undoes))
  const intended = { action, queues, incidentId }
  const context = await contextOf(deps.store.now, intended, deps.clock.now())
  const choices = choicesOf(intended, request.holdMs, context)
  const holdMs = choices.find(({ isDefault }) => isDefault)?.holdMs ?? null
  const effects = effectsOf(intended, holdMs, context)
  const decision = tierOf(effects, context.past)
  const phrase = phraseFor(ACTION_WORDS[action].verb, effects)
  const preview = await previewOf(deps, seen)
  const plan = await store(deps, { ...request, queues, holdMs, decision, preview, phrase })
  return planView(deps, plan, { seen, choices, drift })
}

function requirePause(deps: Deps, system: string): void {
  if (deps.systems.get(system).capabilities.pause) return
  throw new OperatorError(
    'not_supported',
    `Queues of \`${system}\` cannot be paused.`,
    'Nothing was changed.',
  )
}

/** The queues that the action would change. A single one that needs nothing is refused with the reason. */
async function worthActing(deps: Deps, request: PlanRequest): Promise<readonly Seen[]> {
  const { action, refs, scope } = request
  const seen = await lookAt(deps, refs)
  const judged = await Promise.all(
    seen.map(async (one) => ({ one, refusal: await refusalOf(deps, request, one) })),
  )
  const left = judged.flatMap(({ one, refusal }) => (refusal === null ? [one] : []))
  if (left.length > 0) return left.toSorted(byQueue)
  const refusal = judged.length === 1 ? (judged[0]?.refusal ?? null) : null
  if (refusal !== null) throw refusal
  throw new OperatorError(
    'already_done',
    `Of ${plural(judged.length, 'queue')} that match \`${scope}\` there is none to ${ACTION_WORDS[action].verb}.`,
    'Nothing was changed. `held` shows what is paused now.',
  )
}

function choicesOf(
  intended: Parameters<typeof tierFor>[0],
  askedMs: number | null,
  context: Context,
): readonly HoldChoice[] {
  if (intended.action !== 'pause') return []
  return holdChoices(worstTier(intended.queues), askedMs).map((choice) => ({
    ...choice,
    needsApproval: tierFor(intended, choice.holdMs, context).tier === 'T3',
  }))
}

/** What waits in the only queue. A preview without it is still a preview. */
async function previewOf(
  { systems, clock }: Pick<Deps, 'systems' | 'clock'>,
  [first, ...others]: readonly Seen[],
): Promise<PlanPreview | null> {
  if (first === undefined || others.length > 0) return null
  const { ref, state } = first
  const facts = await live(clock.now(), () => systems.get(ref.system).planFacts(ref.queue))
  if (!facts.isLive) return null
  const { types, sample, rate, workers } = facts.value
  const waiting = backlog(state.overview.counts)
  return { types, sample, drain: drainEstimate({ backlog: waiting, rate, workers }) }
}

async function store(
  deps: Deps,
  draft: PlanRequest & {
    readonly decision: TierDecision
  } & Pick<Plan, 'queues' | 'holdMs' | 'preview' | 'phrase'>,
): Promise<Plan> {
  const plan = await deps.store.transaction(async (repositories) => {
    const added = await repositories.plans.add(draftPlan(deps, draft))
    if (added === null) throw new Error('a preview ends no hold, so nothing can be in its way')
    const sample = await sampleFacts(deps, repositories, added)
    const facts = { ...factsOf(added), ...sample }
    await repositories.audit.append(auditOfPlan(added.createdAt, 'planned', added, facts))
    return added
  })
  deps.log.info(
    {
      event: 'plan.made',
      plan: plan.id,
      number: plan.number,
      action: plan.action,
      scope: plan.scope,
      queues: plan.queues.length,
      actor: plan.actor.userId,
    },
    'planned',
  )
  return plan
}

/** What was shown, as far as it is not in the entry itself. */
const factsOf = (plan: Plan) => ({
  number: plan.number,
  tier: plan.tier,
  because: plan.tierReason,
  holdMs: plan.holdMs,
  queues: plan.queues.map(({ ref, before }) => ({
    queue: queueKey(ref),
    before: overviewFacts(before),
  })),
})

/** The sample that was shown can be erased later; only its salted hash is in the chain. */
async function sampleFacts(
  deps: Pick<Deps, 'ids' | 'clock'>,
  repositories: Repositories,
  { preview }: Plan,
): Promise<Readonly<Record<string, Json>>> {
  if (preview === null || preview.sample.length === 0) return {}
  const payload = await attachPayload(deps, repositories, JSON.stringify(preview.sample))
  return { sample: { payload: { ...payload } } }
}
