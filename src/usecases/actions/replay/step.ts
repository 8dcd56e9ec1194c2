import type { Deps } from '../../deps.ts'
import { showProgress } from '../card.ts'
import type { Later } from '../execution.ts'
import { act } from './act.ts'
import { putSlice } from './feed.ts'
import { asHolder } from './if-unchanged.ts'
import { later } from './later.ts'
import { lookAround, type Measured, measure, type Surroundings } from './measure.ts'
import { observe } from './observe.ts'
import { refreshed, type Run } from './run.ts'

/** So long a step goes on putting jobs in line before the queue is given to others for a moment. */
const STEP_MS = 3_000
/** For so long what is around the replay counts as just seen; how its own jobs do is looked at every time. */
const FRESH_MS = 1_000

/**
 * One step of a replay: looks, judges, and puts more in line, holds or halts. Resolves to when to look again, or
 * to null once it is over, or as soon as another plan waits for the queue. Each thing that it does is a commit, and every look finds out anew where it is, so it
 * may die anywhere.
 */
export async function stepReplay(deps: Deps, first: Run): Promise<Later | null> {
  const began = deps.clock.now().getTime()
  let run = await withBegunSlices(deps, first)
  let around: Surroundings | null = null
  for (;;) {
    const isStale: boolean =
      around === null || deps.clock.now().getTime() - around.at.getTime() >= FRESH_MS
    await observe(deps, run, isStale && !isFedFreely(run))
    if (around === null || isStale) around = await lookAround(deps, run)
    run = await refreshed(deps, run)
    const measured = await measure(deps, run, around)
    if (isStale) await show(deps, run, measured)
    const next = await act(deps, run, measured)
    if (next !== 'again') return next
    if (isStale && (await deps.store.now.plans.isWanted(run.part.queue.ref, run.part.plan.id)))
      return later('turn')
    if (deps.clock.now().getTime() - began > STEP_MS) return later('moment')
    run = await refreshed(deps, run)
  }
}

/** What it had to know to put more in line it knows: asking after thousands of jobs would hold up what has no limit. */
function isFedFreely({ planned: { ramp }, replay: { wave, waves } }: Run): boolean {
  const isFree = ramp.inFlight === null && ramp.perMinute === null
  return isFree && waves[wave]?.fedAt === null
}

/** What an earlier attempt began is brought to its end first: its jobs may be in line, and no ledger knows them. */
async function withBegunSlices(deps: Deps, run: Run): Promise<Run> {
  const { plan, queue } = run.part
  // One may have been carried out while the one before was not closed yet.
  const open = await deps.store.now.slices.open(plan.id, queue.ref, 2)
  const begun = open.filter(({ isBegun }) => isBegun)
  for (const slice of begun) await putSlice(deps, run, slice)
  return begun.length === 0 ? run : refreshed(deps, run)
}

async function show(deps: Deps, run: Run, { gates, seen }: Measured): Promise<void> {
  const { part, replay } = run
  const { oldestMs } = seen.live
  await asHolder(deps, run, ({ replays }, { live }, now) =>
    replays.change(part.plan.id, { gates, live: { ...live, oldestMs } }, now),
  )
  if (JSON.stringify(replay.gates) !== JSON.stringify(gates))
    await showProgress(deps.store.now, part.plan)
}
