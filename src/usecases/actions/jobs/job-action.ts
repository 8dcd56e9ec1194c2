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
 * Slice by slice, each begun and closed by a commit of its own; one is carried out while that of the one before
 * ends. Nothing is begun after a stop, a freeze or a lost lease; a slice that was begun is brought to its end
 * whatever happens.
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
  const operator = operatorOf(deps, queue.ref)
  await inTurn(deps, async (behind) => {
    const slice = await nextSlice(deps, part, behind)
    if (slice === null) return null
    await begin(deps, { part, slice })
    return { part, slice, operator, carryOutSlice: spec.carryOutSlice }
  })
  await deps.store.now.slices.returnAll(plan.id, fence, queue.ref, deps.clock.now())
}

/** A slice that was begun, and what is done with it. */
export type Turn = Opened & { readonly carryOutSlice: JobActionSpec['carryOutSlice'] }

/**
 * Slice by slice, as `next` begins them behind the position of the one before, until it gives none. Each is carried
 * out while the checkpoint of the one before commits. Throws `LeaseLost`, `Overtaken`, and what the system throws.
 */
export async function inTurn(
  deps: Deps,
  next: (behind: number) => Promise<Turn | null>,
): Promise<void> {
  let last: Finished | null = null
  for (;;) {
    // A checkpoint locks the plan's row: the next slice begins first, and is carried out meanwhile.
    const turn = await next(last?.work.slice.position ?? -1)
    if (turn === null) break
    const carried = carryOut(deps, turn.carryOutSlice, turn)
    const [finished]: readonly [Finished, void] = await bothOf(
      carried,
      last === null ? Promise.resolve() : closeBeside(deps, last, carried),
    )
    last = finished
  }
  if (last === null) return
  await end(deps, last)
  await forgetAll(deps, last)
}

/** Forgets what is committed also where the slice beside it failed: nobody asks after it again. */
async function closeBeside(deps: Deps, former: Finished, beside: Promise<unknown>): Promise<void> {
  await endAndShow(deps, former)
  await Promise.allSettled([beside])
  await forgetAll(deps, former)
}

/** The first open slice behind this position; null where there is none, or none may be begun. */
async function nextSlice(deps: Deps, part: Part, behind: number): Promise<Slice | null> {
  const { plan, queue, isEnding } = part
  const [open, isHalting] = await Promise.all([
    // Of which one may be the last one, not closed yet.
    deps.store.now.slices.open(plan.id, queue.ref, 2),
    isEnding || isHalted(deps, plan.id),
  ])
  const slice = open.find(({ position }) => position > behind)
  return slice === undefined || (isHalting && !slice.isBegun) ? null : slice
}

/** Waits for both, also where one of them fails: nothing of an attempt goes on after it. */
async function bothOf<A, B>(one: Promise<A>, other: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}

type Opened = Pick<SliceWork, 'part' | 'slice' | 'operator'>

/** A slice that was dealt with, and whose checkpoint is to come. */
interface Finished {
  readonly work: SliceWork
  readonly result: SliceResult
}

/** One slice from its beginning to its checkpoint. Throws `LeaseLost`, `Overtaken`, and what the system throws. */
export async function dealWith(
  deps: Deps,
  carryOutSlice: JobActionSpec['carryOutSlice'],
  opened: Opened,
): Promise<void> {
  await begin(deps, opened)
  const finished = await carryOut(deps, carryOutSlice, opened)
  await end(deps, finished)
  await forgetAll(deps, finished)
}

async function begin(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { part: { plan, fence }, slice }: Pick<SliceWork, 'part' | 'slice'>,
): Promise<void> {
  const { slices } = store.now
  if (!(await slices.begin(plan.id, fence, slice.position, clock.now(), LEASE_MS)))
    throw new LeaseLost()
}

async function carryOut(
  deps: Deps,
  carryOutSlice: JobActionSpec['carryOutSlice'],
  opened: Opened,
): Promise<Finished> {
  const { plan, fence, queue } = opened.part
  const { part, slice, operator } = opened
  const guard = { planId: plan.id, fence, slice: slice.position }
  const before = await operator.open(queue.ref.queue, guard)
  const work = { part, slice, operator, guard, before }
  return { work, result: await carryOutSlice(deps, work) }
}

/** Somebody stopped this plan, or everything. */
async function isHalted({ store }: Pick<Deps, 'store'>, planId: string): Promise<boolean> {
  const [plan, freeze] = await Promise.all([
    store.now.plans.byId(planId),
    store.now.control.frozen(),
  ])
  return plan?.stop !== null || freeze !== null
}

/** The checkpoint. Throws `LeaseLost`. */
async function end(deps: Deps, { work, result }: Finished): Promise<void> {
  const { plan, fence } = work.part
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    // The plan's row before all others, as everybody locks them: the next slice is at work in the same tables.
    const how = sliceEnd(result.ends)
    if (!(await store.slices.end(plan.id, fence, work.slice.position, how, now)))
      throw new LeaseLost()
    await result.settle?.(store, now)
  })
}

/** What is over with its first slice needs no progress: its first message is its outcome. */
async function endAndShow(deps: Deps, finished: Finished): Promise<void> {
  await end(deps, finished)
  await showProgress(deps.store.now, finished.work.part.plan)
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

/** Wherever the slice left receipts. */
async function forgetAll(deps: Deps, { work, result }: Finished): Promise<void> {
  const { operator, guard, slice } = work
  for (const name of [slice.ref.queue, result.alsoAt])
    if (name !== undefined) await forget(deps, operator, name, guard)
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
