import type { Slice } from '../../../domain/ports/vault-store.ts'
import { isSameQueue } from '../../../domain/queue.ts'
import { mayPut } from '../../../domain/replay-verdict.ts'
import type { Deps } from '../../deps.ts'
import { showProgress } from '../card.ts'
import { FREEZE_LOCK, LEASE_MS } from '../execution.ts'
import { inPlace } from '../jobs/in-place.ts'
import { dealWith, type JobActionSpec } from '../jobs/job-action.ts'
import { moveSlice } from '../jobs/move.ts'
import { operatorOf } from '../jobs/operator-of.ts'
import { releaseSlice } from '../jobs/release.ts'
import { ifUnchanged } from './if-unchanged.ts'
import { enterInLedger } from './ledger.ts'
import { readEvents } from './observe.ts'
import type { Run } from './run.ts'

/**
 * What became of an attempt to put more in line: some were, there is no room yet, the wave has no more, somebody
 * stopped it, or said something else about it, since it was looked at.
 */
export type Fed = 'put' | 'no_room' | 'wave_is_out' | 'stopped' | 'changed'

/**
 * Puts the next slice of the wave in line, if there is room for it. Its end, the ledger of its jobs and the vault's
 * rows are one commit; died before that, the next attempt finds by the receipts which jobs are in line and goes on
 * with the rest, before anything else is looked at: so no job runs that the ledger does not know.
 */
export async function feed(deps: Deps, run: Run): Promise<Fed> {
  const { part, planned, replay } = run
  const { plan, queue } = part
  const [slice] = await deps.store.now.slices.open(plan.id, queue.ref, 1)
  if (slice === undefined || (slice.wave ?? 0) > replay.wave) return 'wave_is_out'
  if (mayPut(replay, planned.ramp, deps.clock.now()) < slice.ids.length) return 'no_room'
  const begun = await beginSlice(deps, run, slice)
  if (begun !== 'begun') return begun
  await putSlice(deps, run, slice)
  await showProgress(deps.store.now, plan)
  return 'put'
}

/**
 * Whoever holds, stops or freezes a replay has its row, its plan's, or the lock, for a moment: either this slice was
 * begun before, or none is. What a person was told to be held, stopped or frozen puts nothing more in line.
 */
async function beginSlice(
  deps: Deps,
  run: Run,
  { position, wave = 0 }: Slice,
): Promise<'begun' | 'stopped' | 'changed'> {
  const { plan, fence } = run.part
  let isStopped = false
  const isBegun = await ifUnchanged(deps, run, async (store, _fresh, now) => {
    await store.incidents.lockKey(FREEZE_LOCK)
    const isFrozen = (await store.control.frozen()) !== null
    isStopped = isFrozen || (await store.plans.byId(plan.id))?.stop !== null
    if (isStopped) return
    await store.replays.beginWave(plan.id, wave, now)
    await store.slices.begin(plan.id, fence, position, now, LEASE_MS)
  })
  if (isStopped) return 'stopped'
  return isBegun ? 'begun' : 'changed'
}

/** One slice that was begun, from its beginning or from where an earlier attempt left it. */
export async function putSlice(deps: Deps, run: Run, slice: Slice): Promise<void> {
  const { part } = run
  const operator = operatorOf(deps, slice.ref)
  await dealWith(deps, withLedger(run, afterEvents(run, putting(run, slice))), {
    part,
    slice,
    operator,
  })
}

type CarryOut = JobActionSpec['carryOutSlice']

/** From the vault, from among the failed jobs in place, or from there to another queue. */
function putting({ planned, ref, part }: Run, slice: Slice): CarryOut {
  const isFirst = !isLastAndFree(planned, slice)
  if (slice.isInVault === true)
    return (deps, work) => releaseSlice(deps, work, { isFirst, to: ref })
  if (!isSameQueue(ref, slice.ref)) return (deps, work) => moveSlice(deps, work, { isFirst })
  const resets = part.plan.jobs?.options.resetsAttempts === true
  return inPlace(({ operator, guard }, ids) =>
    operator.retry(slice.ref.queue, guard, ids, resets, isFirst),
  )
}

/** So few go ahead of all that waits, for behind it they would prove nothing; a whole queue of them does not. */
const isLastAndFree = ({ waves, ramp }: Run['planned'], slice: Slice): boolean =>
  (slice.wave ?? 0) === waves.length - 1 && ramp.inFlight === null && waves.length > 1

/**
 * What is put in line may have ended in that queue before, run again by others: the ledger does not know it yet, so
 * that counts as an end of others. What an earlier attempt put there may have ended as the replay's own by now.
 */
const afterEvents =
  (run: Run, carryOut: CarryOut): CarryOut =>
  async (deps, work) => {
    const { slice, before } = work
    const mayBePut = slice.isBegun && (before.size > 0 || !isSameQueue(run.ref, slice.ref))
    if (!mayBePut) await readEvents(deps, run)
    return carryOut(deps, work)
  }

const withLedger =
  ({ part: { plan } }: Run, carryOut: CarryOut): CarryOut =>
  async (deps, work) => {
    const result = await carryOut(deps, work)
    return {
      ...result,
      settle: async (store, at) => {
        await result.settle?.(store, at)
        await enterInLedger(store, plan, work.slice, result.ends, at)
      },
    }
  }
