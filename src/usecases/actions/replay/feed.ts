import type { Slice } from '../../../domain/ports/vault-store.ts'
import { isSameQueue } from '../../../domain/queue.ts'
import { mayPut } from '../../../domain/replay-verdict.ts'
import type { Deps } from '../../deps.ts'
import { showProgress } from '../card.ts'
import { FREEZE_LOCK, LEASE_MS } from '../execution.ts'
import { inPlace } from '../jobs/in-place.ts'
import { dealWith, inTurn, type JobActionSpec, type Turn } from '../jobs/job-action.ts'
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
 * Without a limit so many slices follow one another, before it is looked again how their jobs do. Each job is an event
 * or more of its queue, which forgets all but the latest 10,000 or so: these must have been read before.
 */
const MOST_AT_ONCE = 5

/**
 * Puts the next slice of the wave in line, if there is room for it; several where there is no limit and nobody else
 * waits for the queue. The end of a slice, the ledger of its jobs and the vault's rows are one commit; died before
 * that, the next attempt finds by the receipts which jobs are in line and goes on with the rest, before anything else
 * is looked at: so no job runs that the ledger does not know.
 */
export async function feed(deps: Deps, run: Run): Promise<Fed> {
  const { part, planned, replay } = run
  const room = mayPut(replay, planned.ramp, deps.clock.now())
  const { plan, queue } = part
  const most = room === Infinity ? MOST_AT_ONCE : 1
  const open = (await deps.store.now.slices.open(plan.id, queue.ref, most)).values()
  let [put, ending]: [number, Fed] = [0, 'put']
  await inTurn(deps, async () => {
    if (put === most || (put > 0 && (await deps.store.now.plans.isWanted(queue.ref, plan.id))))
      return null
    const { value } = open.next()
    const turn = await nextTurn(deps, run, { slice: value, room, isFirst: put === 0 })
    if (typeof turn === 'string') {
      ending = turn
      return null
    }
    put += 1
    return turn
  })
  if (put === 0) return ending
  await showProgress(deps.store.now, plan)
  return 'put'
}

/**
 * The next slice, begun; or why there is none. While the one before is not closed no events are read, for the ledger
 * does not know its jobs yet: they would count as others.
 */
async function nextTurn(
  deps: Deps,
  run: Run,
  next: { readonly slice: Slice | undefined; readonly room: number; readonly isFirst: boolean },
): Promise<Turn | Exclude<Fed, 'put'>> {
  const { slice, room, isFirst } = next
  if (slice === undefined || (slice.wave ?? 0) > run.replay.wave) return 'wave_is_out'
  if (room < slice.ids.length) return 'no_room'
  const begun = await beginSlice(deps, run, slice)
  return begun === 'begun' ? turnOf(deps, run, slice, isFirst) : begun
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
  const isBegun = await ifUnchanged(deps, run, async (store, fresh, now) => {
    await store.incidents.lockKey(FREEZE_LOCK)
    const isFrozen = (await store.control.frozen()) !== null
    isStopped = isFrozen || (await store.plans.byId(plan.id))?.stop !== null
    if (isStopped) return
    if (fresh.waves[wave]?.beganAt === null) await store.replays.beginWave(plan.id, wave, now)
    await store.slices.begin(plan.id, fence, position, now, LEASE_MS)
  })
  if (isStopped) return 'stopped'
  return isBegun ? 'begun' : 'changed'
}

/** One slice that was begun, from its beginning or from where an earlier attempt left it. */
export async function putSlice(deps: Deps, run: Run, slice: Slice): Promise<void> {
  const turn = turnOf(deps, run, slice)
  await dealWith(deps, turn.carryOutSlice, turn)
}

const turnOf = (deps: Deps, run: Run, slice: Slice, isFirst = true): Turn => ({
  part: run.part,
  slice,
  operator: operatorOf(deps, slice.ref),
  carryOutSlice: withLedger(
    run,
    isFirst ? afterEvents(run, putting(run, slice)) : putting(run, slice),
  ),
})

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
