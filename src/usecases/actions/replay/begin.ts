import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import { queueKey } from '../../../domain/queue.ts'
import type { Replay } from '../../../domain/replay.ts'
import type { LiveTraffic } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import { type Part, type PartEnd, words } from '../execution.ts'
import { operatorOf } from '../jobs/operator-of.ts'
import { unfinishedWords } from '../jobs/outcome-words.ts'
import { oldestMs } from './measure.ts'
import type { Run } from './run.ts'

/** The time before a replay that its live traffic is compared with. */
const BASELINE_MS = 10 * 60_000
const PAGE = 2000
/** The stream of a queue's events holds some 10,000 unless told otherwise. */
const MOST_PAGES = 20

/** The replay of a plan, begun where that did not happen yet; or why it cannot be. */
export async function openRun(deps: Deps, part: Part): Promise<Run | PartEnd> {
  const { plan, queue } = part
  const planned = plan.jobs?.replay
  if (planned === undefined) return ofEarlierVersion(deps, part)
  const ref = plan.jobs?.options.target ?? queue.ref
  const operator = operatorOf(deps, ref)
  const known = await deps.store.now.replays.byPlan(plan.id)
  const replay = known ?? (await begin(deps, part, { operator, ref, waves: planned.waves }))
  if (replay !== null) return { part, planned, replay, operator, ref }
  const other = await deps.store.now.replays.active(ref)
  await deps.store.now.slices.returnAll(plan.id, part.fence, queue.ref, deps.clock.now())
  const which = other === null ? 'Another replay' : `The replay of plan ${other.planNumber}`
  return failed(`${which} of \`${queueKey(ref)}\` was not over. Nothing was put in line.`)
}

/** Its canary may be in line: what it put there before is counted, or settled by its receipts. */
async function ofEarlierVersion(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { plan, fence, queue: { ref } }: Part,
): Promise<PartEnd> {
  await store.now.slices.returnAll(plan.id, fence, ref, clock.now())
  const jobs = await store.now.slices.accounts(plan.id, ref)
  const text = `It was planned by an earlier version of Spillway. ${unfinishedWords(jobs)}`
  return { state: 'failed', outcome: { ...words(text), jobs } }
}

const failed = (text: string): PartEnd => ({ state: 'failed', outcome: words(text) })

async function begin(
  deps: Deps,
  { plan }: Part,
  about: Pick<Run, 'operator' | 'ref'> & { readonly waves: readonly number[] },
): Promise<Replay | null> {
  const { operator, ref, waves } = about
  const now = deps.clock.now()
  const { overview } = await deps.systems.get(ref.system).pauseState(ref.queue)
  const history = await trafficBefore(operator, ref.queue, now)
  const baseline = { ...history.traffic, oldestMs: oldestMs(overview, now) }
  return deps.store.now.replays.begin({
    planId: plan.id,
    ref,
    position: history.position,
    baseline,
    waves,
    now,
  })
}

/** How the queue's jobs ended lately, as far as its events go back; and where these end. */
async function trafficBefore(
  operator: JobOperator,
  queue: string,
  now: Date,
): Promise<{ readonly position: string; readonly traffic: Omit<LiveTraffic, 'oldestMs'> }> {
  const since = now.getTime() - BASELINE_MS
  let [completed, failures, firstAt] = [0, 0, now.getTime()]
  let from = '0-0'
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { jobs, position, hasMore } = await operator.ended(queue, from, PAGE)
    from = position
    for (const { at, kind } of jobs) {
      if (at.getTime() < since) continue
      firstAt = Math.min(firstAt, at.getTime())
      if (kind === 'completed') completed += 1
      else failures += 1
    }
    if (!hasMore) break
  }
  const traffic = { completed, failed: failures, overMs: now.getTime() - firstAt }
  return { position: await operator.position(queue), traffic }
}
