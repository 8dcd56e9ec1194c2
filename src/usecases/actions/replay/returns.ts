import type { Plan, PlannedJobs, PlannedQueue } from '../../../domain/action.ts'
import type { JobState } from '../../../domain/job.ts'
import { jobsDigest } from '../../../domain/plan.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { queueKey } from '../../../domain/queue.ts'
import { ruleFor } from '../../../domain/settings.ts'
import type { Deps } from '../../deps.ts'
import { draftPlan } from '../draft.ts'
import { asHolder } from './if-unchanged.ts'
import type { Run } from './run.ts'

const PAGE = 5000
const SLICE_JOBS = 1000
const IN_LINE: ReadonlySet<JobState> = new Set(['waiting', 'prioritized', 'delayed'])

/** Which jobs of a replay go to the vault: those that still wait in line, or those that failed again. */
export interface Return {
  readonly kind: 'unstarted' | 'failed'
  /** Of one wave, or of all. */
  readonly wave: number | null
  /** Names it: there is one plan of it. */
  readonly step: string
}

/** What became of that: there is a plan now, there is none to take, or all actions are frozen. */
export type Taken = 'planned' | 'none' | 'frozen'

/**
 * Has jobs of a replay taken into the vault by a plan of its own, which ordering the replay authorised; the database
 * allows one per step, so that whoever comes twice makes one.
 */
export async function takeBack(deps: Deps, run: Run, what: Return): Promise<Taken> {
  const { kind, step } = what
  const groups = await toTake(deps, run, what)
  if (groups.length === 0) return 'none'
  if ((await deps.store.now.control.frozen()) !== null) return 'frozen'
  const queue = await plannedQueue(deps, run, groups)
  const { plan } = run.part
  const reason =
    kind === 'failed'
      ? `failed again in replay ${plan.number}`
      : `was still in line when replay ${plan.number} was halted`
  const draft = {
    ...draftPlan(deps, {
      action: 'quarantine',
      scope: queueKey(run.ref),
      queues: [queue],
      actor: plan.actor,
      incidentId: plan.incidentId,
      holdMs: null,
      decision: { tier: 'T2', reason: 'whoever ordered the replay authorised its end' },
      jobs: plannedJobs(groups, reason),
    }),
    replay: { planId: plan.id, step },
  }
  await store(deps, run, draft, groups)
  return 'planned'
}

type NewSlice = Omit<Slice, 'end' | 'isBegun'>

async function store(
  deps: Deps,
  run: Run,
  draft: Omit<Plan, 'number'>,
  slices: readonly NewSlice[],
): Promise<void> {
  const reason = draft.jobs?.label ?? null
  await asHolder(deps, run, async (tx, _fresh, now) => {
    const plan = await tx.plans.add(draft)
    if (plan === null) return
    await tx.slices.add(plan.id, slices)
    const { holdMs, tier, tierReason, hash } = plan
    const settled = { reason, holdMs, tier, tierReason, hash, approvalsNeeded: 0 }
    const confirmed = { ...settled, isBreakGlass: false, state: 'confirmed' } as const
    await tx.plans.confirm(plan.id, { ...confirmed, expiresAt: plan.expiresAt }, now)
    await tx.work.enqueue('execute_plan', { planId: plan.id }, { key: plan.id })
  })
}

/** In slices of one state each, as the queue has them now. */
async function toTake(deps: Deps, run: Run, { kind, wave }: Return): Promise<readonly NewSlice[]> {
  const { operator, ref, part } = run
  const byState = new Map<JobState, string[]>()
  const query = {
    ...(wave === null ? {} : { wave }),
    outcome: kind === 'failed' ? 'failed' : 'open',
  } as const
  for (let after: string | undefined; ;) {
    const page = await deps.store.now.replays.jobs(part.plan.id, {
      ...query,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    })
    const ids = page.map(({ id }) => id)
    for (const [id, state] of await operator.states(ref.queue, ids)) {
      if (kind === 'failed' ? state !== 'failed' : !IN_LINE.has(state)) continue
      byState.set(state, [...(byState.get(state) ?? []), id])
    }
    after = ids.at(-1)
    if (after === undefined || ids.length < PAGE) break
  }
  const parts = [...byState].flatMap(([state, ids]) =>
    Array.from({ length: Math.ceil(ids.length / SLICE_JOBS) }, (_, index) => ({
      ref,
      state,
      ids: ids.slice(index * SLICE_JOBS, (index + 1) * SLICE_JOBS),
    })),
  )
  return parts.map((one, position) => ({ ...one, position }))
}

const countOf = (slices: readonly NewSlice[]): number =>
  slices.reduce((sum, { ids }) => sum + ids.length, 0)

async function plannedQueue(
  deps: Deps,
  { ref }: Run,
  slices: readonly NewSlice[],
): Promise<PlannedQueue> {
  const { overview } = await deps.systems.get(ref.system).pauseState(ref.queue)
  return {
    ref,
    tier: ruleFor(deps.settings, ref).tier,
    before: overview,
    holdIds: [],
    jobs: countOf(slices),
    warnings: [],
    state: 'pending',
    isTouched: false,
    outcome: null,
  }
}

function plannedJobs(slices: readonly NewSlice[], label: string): PlannedJobs {
  const byState: Partial<Record<JobState, number>> = {}
  for (const { state, ids } of slices) byState[state] = (byState[state] ?? 0) + ids.length
  return {
    filter: '',
    label,
    count: countOf(slices),
    digest: jobsDigest(slices),
    byState,
    oldestAt: null,
    newestAt: null,
    foreseen: {},
    options: {},
  }
}

/** The plans that took jobs of this replay back, in the order of their making. */
export async function returnsOf(
  { store: { now } }: Pick<Deps, 'store'>,
  planId: string,
): Promise<readonly Plan[]> {
  const plans = await Promise.all(
    (await now.replays.returns(planId)).map((id) => now.plans.byId(id)),
  )
  return plans.filter((plan) => plan !== null)
}
