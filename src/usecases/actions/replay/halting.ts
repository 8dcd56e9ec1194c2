import type { Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { Later } from '../execution.ts'
import { ifUnchanged } from './if-unchanged.ts'
import { later } from './later.ts'
import { returnsOf, settleReturns, takeBack } from './returns.ts'
import { openJobs, refreshed, type Run } from './run.ts'
import { halt } from './verdicts.ts'

/** Jobs that go back into line after they were taken up are taken back again, but not for ever. */
const MOST_RETURNS = 5

/** Nothing more is put in line from now on: what was not begun goes back in the same commit. */
export async function beginHalting(
  deps: Deps,
  run: Run,
  { by, words }: { readonly by: Replay['by']; readonly words: string },
): Promise<'again'> {
  const { plan, fence, queue } = run.part
  await ifUnchanged(deps, run, async (store, fresh, now) => {
    await store.slices.returnAll(plan.id, fence, queue.ref, now)
    await halt(store, plan, fresh, { by, words, now })
  })
  return 'again'
}

/** What waits in line is taken back, what is at work comes to its end, what failed again goes to the vault. */
export async function goOnHalting(deps: Deps, run: Run): Promise<Later | 'again'> {
  if (!(await settleReturns(deps, run))) return later('others')
  const fresh = await refreshed(deps, run)
  if (openJobs(fresh.replay) > 0) {
    if (await takeUnstarted(deps, fresh)) return later('others')
    if (!isPatienceOver(deps, fresh)) return later('end')
  }
  await ifUnchanged(deps, fresh, (store, _fresh, now) =>
    store.replays.change(run.part.plan.id, { state: 'halted', endedAt: now }, now),
  )
  return 'again'
}

async function takeUnstarted(deps: Deps, run: Run): Promise<boolean> {
  const plans = await returnsOf(deps, run.part.plan.id)
  const made = plans.filter(({ replay }) => replay?.step.startsWith('unstarted') === true).length
  if (made >= MOST_RETURNS) return false
  const { wave } = run.replay
  return takeBack(deps, run, {
    kind: 'unstarted',
    wave: null,
    step: `unstarted:${wave + 1}:${made + 1}`,
  })
}

function isPatienceOver({ clock }: Pick<Deps, 'clock'>, { replay, planned }: Run): boolean {
  const since = replay.waves[replay.wave]?.judgedAt ?? replay.beganAt
  return clock.now().getTime() > since.getTime() + planned.ramp.patienceMs
}

/** What failed again in a wave goes to the vault, with its new error; of all waves, what is left of that. */
export async function takeFailed(deps: Deps, run: Run, wave: number | null): Promise<void> {
  const waves = run.replay.waves.filter(({ index }) => wave === null || index === wave)
  if (waves.every(({ counts }) => counts.known + counts.fresh === 0)) return
  const step = wave === null ? 'failed:end' : `failed:${wave + 1}`
  const made = await returnsOf(deps, run.part.plan.id)
  if (made.some(({ replay }) => replay?.step === step)) return
  await takeBack(deps, run, { kind: 'failed', wave, step })
}

/** Over, once the plans that took jobs back are. */
export async function comeToEnd(deps: Deps, run: Run): Promise<Later | null> {
  await takeFailed(deps, run, null)
  return (await settleReturns(deps, run)) ? null : later('others')
}
