import { ACTION_WORDS } from '../../../domain/action-words.ts'
import type { JobAction } from '../../../domain/job-actions.ts'
import type { JobEnd, SkipReason } from '../../../domain/job.ts'
import { type Guard, type JobOperator, Overtaken } from '../../../domain/ports/job-operator.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { JobAccounts, Slice, SliceEnd } from '../../../domain/ports/vault-store.ts'
import type { Deps } from '../../deps.ts'
import { showProgress } from '../card.ts'
import {
  type ActionSpec,
  LEASE_MS,
  LeaseLost,
  type Part,
  type PartEnd,
  recordIntent,
  touchQueue,
} from '../execution.ts'
import { operatorOf } from './operator-of.ts'
import { isExplained, jobOutcomeWords } from './outcome-words.ts'

/** One slice in the hands of one attempt. */
export interface SliceWork {
  readonly part: Part
  readonly slice: Slice
  readonly operator: JobOperator
  readonly guard: Guard
  /** What earlier attempts did of it, by job id or key: it must not be done again, and has to be told. */
  readonly before: ReadonlyMap<string, JobEnd>
}

export interface SliceResult {
  readonly ends: readonly JobEnd[]
  /** Rows that follow, in the transaction of the checkpoint. */
  readonly settle?: (store: Repositories, at: Date) => Promise<void>
  /** Another queue of the same system whose receipts can be forgotten as well. */
  readonly alsoAt?: string
}

/** An action about jobs, as far as it differs from the others: what it does to one slice, run again or not. */
export interface JobActionSpec {
  readonly kind: JobAction
  /** What has to be there before the first slice; once per plan and queue, however often it is called. */
  readonly prepare?: (deps: Deps, part: Part) => Promise<void>
  /**
   * Deals with every job of the slice, once: `before` and the guard tell what is done already. Throws
   * `Overtaken`, and what the system throws.
   */
  readonly carryOutSlice: (deps: Deps, work: SliceWork) => Promise<SliceResult>
  /** Where the jobs are now, after "<who> did it to so many"; and how many are where they should be, if that can be counted. */
  readonly check?: (
    deps: Deps,
    part: Part,
    accounts: JobAccounts,
  ) => Promise<{ readonly words: string; readonly found: number | null }>
}

/**
 * Slice by slice, each begun and closed by a commit of its own. Nothing is begun after a stop, a freeze or a
 * lost lease; a slice that was begun is brought to its end whatever happens.
 */
export const jobAction = (spec: JobActionSpec): ActionSpec => ({
  kind: spec.kind,
  async carryOut(deps, part) {
    await deps.store.transaction((store) => recordIntent(store, part, deps.clock.now()))
    await spec.prepare?.(deps, part)
    await touchQueue(deps, part, async () => {})
    try {
      await carryOutSlices(deps, spec, part)
    } catch (error) {
      if (error instanceof Overtaken) throw new LeaseLost()
      throw error
    }
    return null
  },
  verify: (deps, part) => verifyJobs(deps, spec, part),
  settle: async () => {},
})

async function carryOutSlices(deps: Deps, spec: JobActionSpec, part: Part): Promise<void> {
  const { plan, fence, queue } = part
  const { slices } = deps.store.now
  const operator = operatorOf(deps, queue.ref)
  let isUnderWay = false
  for (;;) {
    const [slice] = await slices.open(plan.id, queue.ref, 1)
    if (slice === undefined) return
    if (!slice.isBegun && (part.isEnding || (await isHalted(deps, plan.id)))) break
    // What is over with its first slice needs no progress: its first message is its outcome.
    if (isUnderWay) await showProgress(deps.store.now, plan)
    await dealWith(deps, spec.carryOutSlice, { part, slice, operator })
    isUnderWay = true
  }
  await slices.returnAll(plan.id, fence, queue.ref, deps.clock.now())
}

/** One slice from its beginning to its checkpoint. Throws `LeaseLost`, `Overtaken`, and what the system throws. */
export async function dealWith(
  deps: Deps,
  carryOutSlice: JobActionSpec['carryOutSlice'],
  { part, slice, operator }: Pick<SliceWork, 'part' | 'slice' | 'operator'>,
): Promise<void> {
  const { plan, fence, queue } = part
  const now = deps.clock.now()
  const isOurs = await deps.store.now.slices.begin(plan.id, fence, slice.position, now, LEASE_MS)
  if (!isOurs) throw new LeaseLost()
  const guard = { planId: plan.id, fence, slice: slice.position }
  const before = await operator.open(queue.ref.queue, guard)
  const result = await carryOutSlice(deps, { part, slice, operator, guard, before })
  await checkpoint(deps, part, slice, result)
  for (const name of [queue.ref.queue, result.alsoAt])
    if (name !== undefined) await forget(deps, operator, name, guard)
}

/** Somebody stopped this plan, or everything. */
async function isHalted({ store }: Pick<Deps, 'store'>, planId: string): Promise<boolean> {
  const [plan, freeze] = await Promise.all([
    store.now.plans.byId(planId),
    store.now.control.frozen(),
  ])
  return plan?.stop !== null || freeze !== null
}

async function checkpoint(
  deps: Deps,
  { plan, fence }: Part,
  slice: Slice,
  { ends, settle }: SliceResult,
): Promise<void> {
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    await settle?.(store, now)
    if (!(await store.slices.end(plan.id, fence, slice.position, sliceEnd(ends), now)))
      throw new LeaseLost()
  })
}

export function sliceEnd(ends: readonly JobEnd[]): SliceEnd {
  const skipped: Partial<Record<SkipReason, string[]>> = {}
  const renamed: Record<string, string> = {}
  for (const { id, skipped: reason, newId } of ends) {
    if (reason !== null) (skipped[reason] ??= []).push(id)
    else if (newId !== undefined) renamed[id] = newId
  }
  return { state: 'done', skipped, renamed }
}

/** The checkpoint is committed: what the system remembers of the slice is of no use any more, and would stay. */
export async function forget(
  deps: Pick<Deps, 'log'>,
  operator: JobOperator,
  queue: string,
  guard: Guard,
): Promise<void> {
  await operator.close(queue, guard).catch((error: unknown) => {
    deps.log.warn({ event: 'slice.not_forgotten', plan: guard.planId, err: error }, 'not forgotten')
  })
}

/** Every job is in one bucket, and those that were moved are where they were moved to. */
async function verifyJobs(deps: Deps, spec: JobActionSpec, part: Part): Promise<PartEnd> {
  const { plan, queue } = part
  const accounts = await deps.store.now.slices.accounts(plan.id, queue.ref)
  const checked = (await spec.check?.(deps, part, accounts)) ?? { words: '', found: null }
  const after = await deps.systems.get(queue.ref.system).pauseState(queue.ref.queue)
  const now = await deps.store.now.plans.byId(plan.id)
  const freeze = await deps.store.now.control.frozen()
  const halt = { stop: now?.stop ?? null, freeze, isLate: part.isEnding }
  const isAsPlanned = isExplained(accounts, checked.found)
  const words = jobOutcomeWords(
    { plan, ref: queue.ref, past: ACTION_WORDS[spec.kind].past, halt },
    accounts,
    checked,
  )
  return {
    state: 'done',
    outcome: {
      words,
      proof: null,
      after: after.overview,
      accounting: { isAsPlanned, words: '' },
      jobs: accounts,
    },
  }
}
