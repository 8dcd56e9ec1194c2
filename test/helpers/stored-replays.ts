import type { SeenJob } from '../../src/domain/ports/replay-store.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import type { LiveTraffic, Replay } from '../../src/domain/replay.ts'
import { jobPlans, type JobPlan } from './job-plans.ts'

export const BEGAN = new Date('2026-03-01T12:00:00.123Z')
export const BASELINE: LiveTraffic = { completed: 40, failed: 1, overMs: 60_000, oldestMs: null }

/** So many minutes after a replay of these began. */
export const minutesOn = (minutes: number): Date => new Date(BEGAN.getTime() + minutes * 60_000)

/** How a job was seen to end. */
export const seenJob = (
  id: string,
  outcome: SeenJob['outcome'],
  over: Partial<SeenJob> = {},
): SeenJob => ({ id, outcome, shape: null, isKnown: null, at: BEGAN, ...over })

/** Replays, each of a queue of its own, through the store alone. */
export function storedReplays(store: Store) {
  const { replays } = store.now
  const make = jobPlans(store)

  const begin = (plan: JobPlan, waves: readonly number[], ref = plan.ref): Promise<Replay | null> =>
    replays.begin({ planId: plan.id, ref, position: '0-0', baseline: BASELINE, waves, now: BEGAN })

  /** One that has begun its first wave. */
  async function replaying(waves: readonly number[] = [4, 10]): Promise<JobPlan> {
    const plan = await make.executing([['1']])
    await begin(plan, waves)
    await replays.beginWave(plan.id, 0, BEGAN)
    return plan
  }

  async function read({ id }: JobPlan): Promise<Replay> {
    const replay = await replays.byPlan(id)
    if (replay === null) throw new Error(`plan ${id} has no replay`)
    return replay
  }

  function put(
    { id }: JobPlan,
    ids: readonly string[],
    over: { wave?: number; stratum?: number; skipped?: number; now?: Date } = {},
  ): Promise<void> {
    const { wave = 0, stratum = null, skipped = 0, now = BEGAN } = over
    const jobs = ids.map((job) => ({ id: job, key: `row ${job}`, stratum }))
    return replays.addJobs(id, wave, jobs, skipped, now)
  }

  /** A good wave, and the next one begun. */
  async function promote({ id }: JobPlan, wave: number): Promise<void> {
    await replays.fedWave(id, wave, BEGAN)
    await replays.judge(id, wave, { verdict: 'promote', by: null, words: 'all well', now: BEGAN })
    await replays.beginWave(id, wave + 1, BEGAN)
  }
  return { make, begin, replaying, read, put, promote }
}
