import { ACTION_WORDS, titleOf } from '../../../domain/action-words.ts'
import type { Plan } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import { isJobAction, isOfVault } from '../../../domain/job-actions.ts'
import type { JobEnd } from '../../../domain/job.ts'
import { type Guard, type JobOperator, Overtaken } from '../../../domain/ports/job-operator.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { queueKey } from '../../../domain/queue.ts'
import { plural } from '../../../domain/text.ts'
import { auditOfPlan } from '../../audit/audit-of.ts'
import type { Deps } from '../../deps.ts'
import { placesOf, tellPlaces } from '../card.ts'
import { enterInLedger } from '../replay/ledger.ts'
import { noteReturned } from '../replay/note-returned.ts'
import { forget, sliceEnd } from './job-action.ts'
import { operatorOf } from './operator-of.ts'

const AT_ONCE = 50

/**
 * Plans that were given up in the midst of a slice: as soon as their system answers, its receipts tell what
 * was done, and nothing more is. A new fence comes first, so that no late call changes anything any more.
 */
export async function settleDoubts(deps: Deps): Promise<void> {
  for (const { planId, slice } of await deps.store.now.slices.inDoubt(AT_ONCE)) {
    try {
      await settleDoubt(deps, planId, slice)
    } catch (error) {
      // Its system is away still, or not configured any more; or another replica was faster.
      if (error instanceof OperatorError || error instanceof Overtaken) continue
      // One that cannot be settled keeps nobody else's jobs in doubt.
      const about = { event: 'slice.not_settled', plan: planId, slice: slice.position, err: error }
      deps.log.error(about, 'what is in doubt could not be settled')
    }
  }
}

interface Doubt {
  readonly plan: Plan
  readonly slice: Slice
  readonly operator: JobOperator
  readonly guard: Guard
  readonly before: ReadonlyMap<string, JobEnd>
}

async function settleDoubt(deps: Deps, planId: string, slice: Slice): Promise<void> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null) return
  const operator = operatorOf(deps, slice.ref)
  const fence = await deps.store.now.slices.refence(planId)
  if (fence === null) return
  const guard = { planId, fence, slice: slice.position }
  const before = await operator.open(slice.ref.queue, guard)
  const doubt = { plan, slice, operator, guard, before }
  const ends = await endsOf(deps, doubt)
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const told = await settleRows(store, doubt, ends, now)
    if (await hasLedger(store, plan)) await enterInLedger(store, plan, slice, told, now)
    if (!(await store.slices.end(planId, fence, slice.position, sliceEnd(told), now)))
      throw new Overtaken(`the slice ${slice.position} of plan ${plan.number} is settled already`)
    await noteReturned(store, plan, now)
    const words = wordsOf(plan, slice, told)
    const line = { icon: 'info' as const, words, mention: [plan.actor.userId] }
    await tellPlaces(store, plan, await placesOf(store, plan), {
      key: `settled:${slice.position}`,
      line,
      at: now,
      by: null,
    })
    const facts = { settled: slice.position, words }
    await store.audit.append(auditOfPlan(now, 'step', plan, facts, { by: null, queue: slice.ref }))
  })
  // Nobody else would: what is kept while a slice is under way has no end of its own.
  for (const name of [slice.ref.queue, plan.jobs?.options.target?.queue])
    if (name !== undefined) await forget(deps, operator, name, guard)
}

/** A replay that ended before it began has none, nor has one that an earlier version planned. */
const hasLedger = async (store: Repositories, { id, action }: Plan): Promise<boolean> =>
  action === 'replay' && (await store.replays.byPlan(id)) !== null

/** By job id, or by row of the vault; what has no receipt was not touched. Of a move also what was put. */
async function endsOf(deps: Deps, { plan, slice, guard, before }: Doubt): Promise<Ends> {
  const target = plan.jobs?.options.target
  const puts =
    target === undefined ? new Map() : await operatorOf(deps, target).open(target.queue, guard)
  const { action } = plan
  const isPutThere = target !== undefined && isJobAction(action) && isOfVault(action, slice)
  const told = isPutThere ? puts : before
  const ends = slice.ids.map((id): JobEnd => told.get(id) ?? { id, skipped: 'untouched' })
  return { ends, puts }
}

interface Ends {
  readonly ends: readonly JobEnd[]
  readonly puts: ReadonlyMap<string, JobEnd>
}

/** Rows of the vault follow: taken ones are held, put ones released, the others as they were before. */
async function settleRows(
  store: Repositories,
  { plan, slice, before }: Doubt,
  { ends, puts }: Ends,
  now: Date,
): Promise<readonly JobEnd[]> {
  if (!isJobAction(plan.action)) return ends
  if (isOfVault(plan.action, slice)) {
    await store.vault.settleReleases(plan.id, ends, now)
    return ends
  }
  const set = (await store.vault.setsOfPlan(plan.id)).find(
    ({ ref }) => queueKey(ref) === queueKey(slice.ref),
  )
  if (set === undefined) return ends
  const taken = slice.ids.filter((id) => before.has(id))
  await store.vault.settleCopies(set.id, slice.ids, taken)
  if (plan.jobs?.options.target === undefined) return ends
  const rows = await store.vault.rowsOf(set.id, slice.ids)
  const putEnds = rows.map(
    ({ id }): JobEnd => puts.get(String(id)) ?? { id: String(id), skipped: 'kept' },
  )
  await store.vault.settleReleases(plan.id, putEnds, now)
  // How a job ended that was taken, the other queue tells: there it may have got another id.
  const told = new Map(rows.map(({ jobId }, n) => [jobId, putEnds[n]]))
  return ends.map((end): JobEnd => ({ ...(told.get(end.id) ?? end), id: end.id }))
}

function wordsOf(plan: Plan, slice: Slice, ends: readonly JobEnd[]): string {
  const done = ends.filter(({ skipped }) => skipped === null).length
  return `What was in doubt of the ${titleOf(plan)} (plan ${plan.number}) is settled: ${plural(done, 'job')} of \`${queueKey(slice.ref)}\` ${done === 1 ? 'was' : 'were'} ${ACTION_WORDS[plan.action].past}, ${plural(ends.length - done, 'job')} not.`
}
