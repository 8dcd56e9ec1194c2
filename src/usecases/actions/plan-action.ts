import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { ActionKind, Actor, JobOptions, Plan } from '../../domain/action.ts'
import type { Json } from '../../domain/audit.ts'
import { type TierDecision, tierOf } from '../../domain/effect.ts'
import { OperatorError } from '../../domain/errors.ts'
import { isFilterRedacted, shownFilter } from '../../domain/filter-shown.ts'
import { isJobAction } from '../../domain/job-actions.ts'
import { phraseFor } from '../../domain/phrase.ts'
import { holdChoices, rampFacts, worstTier } from '../../domain/plan.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import type { PlannedReplay } from '../../domain/replay.ts'
import { ruleFor } from '../../domain/settings.ts'
import { throttleWords } from '../../domain/throttle.ts'
import type { HoldChoice, PlanView } from '../../domain/views.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import { attachPayload } from '../audit/payloads.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { draftPlan } from './draft.ts'
import { requireThawed } from './freeze.ts'
import { continuedWish } from './jobs/continued-wish.ts'
import { noteMiss } from './jobs/note-miss.ts'
import { operatorOf } from './jobs/operator-of.ts'
import type { JobsWish, NewSlice } from './jobs/resolve-jobs.ts'
import { planView } from './plan-view.ts'
import { type Prepared, preparePlan } from './prepare-plan.ts'
import type { ThrottleWish } from './prepare-throttle.ts'
import { refusalOfTarget } from './refusals.ts'
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
  /** Of an action about jobs: which, and what is to be done with them. */
  readonly jobs?: JobsWish | null
  /** Of a throttle, and of a pause that is to end in one. */
  readonly throttle?: ThrottleWish | null
  /** Hears the share of jobs that was looked at, 0 to 1, while a preview about jobs is made. */
  readonly onProgress?: (share: number) => void
}

/**
 * The frozen preview of an action, stored and ready to be confirmed by the same person. Of several queues
 * those that need nothing are left out. Throws `not_allowed`, `frozen`, `already_done`, `not_supported`,
 * `system_unreachable`, `unknown_queue`, `bad_input`, `busy`.
 */
export async function planAction(
  deps: Deps,
  asked: PlanRequest,
  drift: string | null = null,
): Promise<PlanView> {
  const request = await withFormer(deps, asked)
  const { action, actor, incidentId } = request
  requireSupport(deps, request)
  await requireRole(deps, { actor, action, queues: tiersOf(deps, request), incidentId })
  await requireThawed(deps)
  const prepared = await prepare(deps, request)
  const { queues, jobs, throttle, preview, slices } = prepared
  const intended = { action, queues, jobs, throttle, incidentId }
  const context = await contextOf(deps.store.now, intended, deps.clock.now())
  const choices = choicesOf(intended, request.holdMs, context)
  const holdMs = choices.find(({ isDefault }) => isDefault)?.holdMs ?? null
  const effects = effectsOf(intended, holdMs, context)
  const decision = tierOf(effects, context.past)
  const phrase = phraseFor(ACTION_WORDS[action].verb, effects)
  const kept = { queues, holdMs, decision, preview, phrase }
  const draft = { ...request, ...kept, plannedJobs: jobs, plannedThrottle: throttle }
  const plan = await store(deps, draft, slices)
  return planView(deps, plan, { seen: prepared.seen, choices, drift })
}

async function withFormer(deps: Deps, request: PlanRequest): Promise<PlanRequest> {
  const { jobs = null } = request
  return jobs === null ? request : { ...request, jobs: await continuedWish(deps, jobs) }
}

async function prepare(deps: Deps, request: PlanRequest): Promise<Prepared> {
  try {
    return await preparePlan(deps, withTargetTier(deps, request))
  } catch (error) {
    await noteMiss(deps, request, error)
    throw error
  }
}

/** How critical the queue is that jobs go to is decided here, never by whoever asks. */
function withTargetTier({ settings }: Pick<Deps, 'settings'>, request: PlanRequest): PlanRequest {
  const { jobs } = request
  const target = jobs?.options.target
  if (jobs === null || jobs === undefined || target === undefined) return request
  const options = { ...jobs.options, targetTier: ruleFor(settings, target).tier }
  return { ...request, jobs: { ...jobs, options } }
}

/** What is moved to another queue needs the right there as well. */
function tiersOf({ settings }: Pick<Deps, 'settings'>, { refs, jobs }: PlanRequest) {
  const target = jobs?.options.target
  return [...refs, ...(target === undefined ? [] : [target])].map((ref) => ({
    ref,
    tier: ruleFor(settings, ref).tier,
  }))
}

function requireSupport(deps: Deps, { action, refs, jobs }: PlanRequest): void {
  const target = jobs?.options.target
  for (const ref of refs) {
    const refusal = target === undefined ? null : refusalOfTarget(ref, target)
    if (refusal !== null) throw refusal
    if (isJobAction(action)) operatorOf(deps, ref)
    else requireHolds(deps, ref.system, action)
  }
}

function requireHolds(deps: Deps, system: string, action: ActionKind): void {
  const { capabilities } = deps.systems.get(system)
  const isThrottle = action === 'throttle' || action === 'unthrottle'
  if (isThrottle ? capabilities.throttle : capabilities.pause) return
  throw new OperatorError(
    'not_supported',
    `Queues of \`${system}\` cannot be ${isThrottle ? 'throttled' : 'paused'}.`,
    'Nothing was changed.',
  )
}

function choicesOf(
  intended: Parameters<typeof tierFor>[0],
  askedMs: number | null,
  context: Context,
): readonly HoldChoice[] {
  if (intended.action !== 'pause' && intended.action !== 'throttle') return []
  return holdChoices(worstTier(intended.queues), askedMs).map((choice) => ({
    ...choice,
    needsApproval: tierFor(intended, choice.holdMs, context).tier === 'T3',
  }))
}

async function store(
  deps: Deps,
  draft: PlanRequest & {
    readonly decision: TierDecision
  } & Pick<Plan, 'queues' | 'holdMs' | 'preview' | 'phrase'> & {
      readonly plannedJobs: Plan['jobs']
      readonly plannedThrottle: Plan['throttle']
    },
  slices: readonly NewSlice[],
): Promise<Plan> {
  const plan = await deps.store.transaction(async (repositories) => {
    const added = await repositories.plans.add(
      draftPlan(deps, { ...draft, jobs: draft.plannedJobs, throttle: draft.plannedThrottle }),
    )
    if (added === null) throw new Error('a preview ends no hold, so nothing can be in its way')
    await repositories.slices.add(added.id, slices)
    const erasable = await erasableFacts(deps, repositories, added)
    const facts = { ...factsOf(added), ...erasable }
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
  jobs: jobFacts(plan.jobs),
  throttle: throttleFacts(plan.throttle),
  queues: plan.queues.map(({ ref, before }) => ({
    queue: queueKey(ref),
    before: overviewFacts(before),
  })),
})

const jobFacts = (jobs: Plan['jobs']): Json =>
  jobs === null
    ? null
    : {
        filter: shownFilter(jobs.filter),
        count: jobs.count,
        digest: jobs.digest,
        byState: { ...jobs.byState },
        options: optionFacts(jobs.options),
        ...(jobs.replay === undefined ? {} : { replay: replayFacts(jobs.replay) }),
      }

const throttleFacts = (throttle: Plan['throttle']): Json =>
  throttle === null
    ? null
    : { to: throttleWords(throttle.to), thenMs: throttle.thenMs, shares: { ...throttle.shares } }

const optionFacts = ({ target, ramp, ...options }: JobOptions): Json => ({
  ...options,
  ...(target === undefined ? {} : { target: queueKey(target) }),
  ...(ramp === undefined ? {} : { ramp: rampFacts(ramp) }),
})

const replayFacts = ({ ramp, waves, looked }: PlannedReplay): Json => ({
  ramp: rampFacts(ramp),
  waves,
  looked,
})

/**
 * The sample that was shown, and a filter that holds what nobody is shown, can be erased later: only their salted
 * hashes are in the chain.
 */
async function erasableFacts(
  deps: Pick<Deps, 'ids' | 'clock'>,
  repositories: Repositories,
  { preview, jobs }: Plan,
): Promise<Readonly<Record<string, Json>>> {
  const beside = async (content: string): Promise<Json> => ({
    payload: { ...(await attachPayload(deps, repositories, content)) },
  })
  const sample = preview?.sample ?? []
  const filter = jobs?.filter ?? ''
  return {
    ...(sample.length === 0 ? {} : { sample: await beside(JSON.stringify(sample)) }),
    ...(isFilterRedacted(filter) ? { filter: await beside(filter) } : {}),
  }
}
