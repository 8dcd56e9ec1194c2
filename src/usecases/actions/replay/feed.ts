import type { Slice } from '../../../domain/ports/vault-store.ts'
import { isSameQueue } from '../../../domain/queue.ts'
import { mayPut } from '../../../domain/replay-verdict.ts'
import type { Deps } from '../../deps.ts'
import { showProgress } from '../card.ts'
import { inPlace } from '../jobs/in-place.ts'
import { dealWith, type JobActionSpec } from '../jobs/job-action.ts'
import { moveSlice } from '../jobs/move.ts'
import { operatorOf } from '../jobs/operator-of.ts'
import { releaseSlice } from '../jobs/release.ts'
import { enterInLedger } from './ledger.ts'
import type { Run } from './run.ts'

/** What became of an attempt to put more in line: some were, there is no room yet, or the wave has no more. */
export type Fed = 'put' | 'no_room' | 'wave_is_out'

/**
 * Puts the next slice of the wave in line, if there is room for it. Its end, the ledger of its jobs and the vault's
 * rows are one commit; died before that, the next attempt finds by the receipts which jobs are in line and goes on
 * with the rest, before anything else is looked at: so no job runs that the ledger does not know.
 */
export async function feed(deps: Deps, run: Run): Promise<Fed> {
  const { part, planned, replay } = run
  const { store } = deps
  const { plan, queue } = part
  const [slice] = await store.now.slices.open(plan.id, queue.ref, 1)
  if (slice === undefined || (slice.wave ?? 0) > replay.wave) return 'wave_is_out'
  const now = deps.clock.now()
  const room = mayPut(replay, planned.ramp, now)
  if (!slice.isBegun && room < slice.ids.length) return 'no_room'
  await putSlice(deps, run, slice)
  await showProgress(store.now, plan)
  return 'put'
}

/** One slice, from its beginning or from where an earlier attempt left it. */
export async function putSlice(deps: Deps, run: Run, slice: Slice): Promise<void> {
  const { part } = run
  const wave = slice.wave ?? 0
  await deps.store.now.replays.beginWave(part.plan.id, wave, deps.clock.now())
  const operator = operatorOf(deps, slice.ref)
  await dealWith(deps, withLedger(run, putting(run, slice)), { part, slice, operator })
}

type CarryOut = JobActionSpec['carryOutSlice']

/** From the vault, from among the failed jobs in place, or from there to another queue. */
function putting({ planned, ref, part }: Run, slice: Slice): CarryOut {
  const isFirst = !isLastAndFree(planned, slice)
  if (slice.isInVault === true)
    return (deps, work) => releaseSlice(deps, work, { isFirst, to: ref })
  if (!isSameQueue(ref, slice.ref)) return moveSlice
  const resets = part.plan.jobs?.options.resetsAttempts === true
  return inPlace(({ operator, guard }, ids) =>
    operator.retry(slice.ref.queue, guard, ids, resets, isFirst),
  )
}

/** So few go ahead of all that waits, for behind it they would prove nothing; a whole queue of them does not. */
const isLastAndFree = ({ waves, ramp }: Run['planned'], slice: Slice): boolean =>
  (slice.wave ?? 0) === waves.length - 1 && ramp.inFlight === null && waves.length > 1

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
