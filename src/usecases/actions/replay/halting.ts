import type { Plan } from '../../../domain/action.ts'
import { isOver } from '../../../domain/plan-states.ts'
import type { Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { Later } from '../execution.ts'
import { ifUnchanged } from './if-unchanged.ts'
import { later } from './later.ts'
import { returnsOf, takeBack, type Taken } from './returns.ts'
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
  const made = await returnsOf(deps, run.part.plan.id)
  if (made.some(isUnderWay)) return later('others')
  const fresh = await refreshed(deps, run)
  if (openJobs(fresh.replay) > 0) {
    const taken = await takeUnstarted(deps, fresh, made)
    if (taken !== 'none') return later(taken === 'frozen' ? 'person' : 'others')
    if (!isPatienceOver(deps, fresh)) return later('end')
  }
  await ifUnchanged(deps, fresh, (store, _fresh, now) =>
    store.replays.change(run.part.plan.id, { state: 'halted', endedAt: now }, now),
  )
  return 'again'
}

const isUnderWay = ({ state }: Plan): boolean => !isOver(state)

/** A person wants these jobs to stay where they are. */
const wasStopped = ({ stop }: Plan): boolean => stop !== null

async function takeUnstarted(deps: Deps, run: Run, plans: readonly Plan[]): Promise<Taken> {
  const made = plans.filter(({ replay }) => replay?.step.startsWith('unstarted') === true)
  if (made.length >= MOST_RETURNS || made.some(wasStopped)) return 'none'
  const { wave } = run.replay
  return takeBack(deps, run, {
    kind: 'unstarted',
    wave: null,
    step: `unstarted:${wave + 1}:${made.length + 1}`,
  })
}

function isPatienceOver({ clock }: Pick<Deps, 'clock'>, { replay, planned }: Run): boolean {
  const since = replay.waves[replay.wave]?.judgedAt ?? replay.beganAt
  return clock.now().getTime() > since.getTime() + planned.ramp.patienceMs
}

/**
 * What failed again in a wave goes to the vault, with its new error; of all waves, what is left of that. By one plan
 * that comes to a good end: one that a freeze or a long absence of the system ended early is followed by another.
 */
export async function takeFailed(deps: Deps, run: Run, wave: number | null): Promise<Taken> {
  const waves = run.replay.waves.filter(({ index }) => wave === null || index === wave)
  if (waves.every(({ counts }) => counts.known + counts.fresh === 0)) return 'none'
  const step = wave === null ? 'failed:end' : `failed:${wave + 1}`
  const made = (await returnsOf(deps, run.part.plan.id)).filter(
    ({ replay }) => replay?.step === step || replay?.step.startsWith(`${step}:`) === true,
  )
  if (made.some((plan) => isUnderWay(plan) || wasStopped(plan) || plan.state === 'done'))
    return 'none'
  if (made.length >= MOST_RETURNS) return 'none'
  const name = made.length === 0 ? step : `${step}:${made.length + 1}`
  return takeBack(deps, run, { kind: 'failed', wave, step: name })
}

/** Over, once nothing of an earlier wave is waited for any more, and the plans that took jobs back are over. */
export async function comeToEnd(deps: Deps, run: Run): Promise<Later | null> {
  if (isAwaited(deps, run)) return later('end')
  // What they take is no longer there for the last one to take.
  if ((await returnsOf(deps, run.part.plan.id)).some(isUnderWay)) return later('others')
  const taken = await takeFailed(deps, run, null)
  if (taken === 'none') return null
  return later(taken === 'frozen' ? 'person' : 'others')
}

/** Whoever promoted a wave before all of it ended did not say that nobody is to see how the rest of it does. */
function isAwaited({ clock }: Pick<Deps, 'clock'>, { part, planned, replay }: Run): boolean {
  if (replay.state !== 'done' || replay.endedAt === null || part.isEnding) return false
  const isSoon = clock.now().getTime() < replay.endedAt.getTime() + planned.ramp.patienceMs
  return isSoon && openJobs(replay) > 0
}
