import { errorShape } from '../../../domain/failure-cluster.ts'
import type { EndedJobs, JobOutcome } from '../../../domain/ports/job-operator.ts'
import type { SeenJob } from '../../../domain/ports/replay-store.ts'
import type { Replay, ReplayJob } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import { asHolder } from './if-unchanged.ts'
import { openJobs, type Run } from './run.ts'

const PAGE = 2000
const MOST_PAGES = 10
/** Of jobs that nothing was told of, so many are asked after at a look: each time others, and all of them in turn. */
const MOST_ASKED = 500
/** And so many where it is known that ends were missed. */
const MOST_AFTER_GAP = 5_000
/** Multiples of it, but for whole numbers, come evenly everywhere between 0 and 1, whichever of them are left out. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * Notes how jobs ended, from what the queue tells of them; with `isAsking` also by asking after those of which it
 * told nothing, for events can be dropped before anybody reads them. A job that is gone without a trace is
 * called unseen only after what was told until then has been read.
 */
export async function observe(deps: Deps, run: Run, isAsking: boolean): Promise<void> {
  const asked = isAsking ? await ask(deps, run, MOST_ASKED) : []
  const hasGap = await readEvents(deps, run)
  const missed = hasGap ? await ask(deps, run, MOST_AFTER_GAP) : []
  const seen = [...asked, ...missed]
  if (seen.length > 0) await deps.store.now.replays.note(run.part.plan.id, seen)
}

async function ask(deps: Deps, run: Run, limit: number): Promise<readonly SeenJob[]> {
  const { part, operator, ref, replay } = run
  const count = openJobs(replay)
  if (count === 0) return []
  // What hangs must not keep those behind it from being asked after.
  const turn = Math.floor(deps.clock.now().getTime() / 1000)
  const along = count > limit ? (turn * GOLDEN) % 1 : 0
  const query = { outcome: 'open', limit, along } as const
  const open = await deps.store.now.replays.jobs(part.plan.id, query)
  const ids = open.map(({ id }) => id)
  const outcomes = await operator.outcomes(ref.queue, ids, firstPutAt(replay, open))
  const now = deps.clock.now()
  return [...outcomes].flatMap(([id, outcome]) => seenOf(run, id, outcome, now))
}

/** When the first of their waves began: what ended before then was no job of theirs. */
const firstPutAt = ({ beganAt: first, waves }: Replay, jobs: readonly ReplayJob[]): Date =>
  waves[Math.min(...jobs.map(({ wave }) => wave))]?.beganAt ?? first

function seenOf(run: Run, id: string, outcome: JobOutcome, at: Date): readonly SeenJob[] {
  if (outcome.kind === 'waiting' || outcome.kind === 'active') return []
  if (outcome.kind === 'failed') return [failedJob(run, id, outcome.error, at)]
  return [{ id, outcome: outcome.kind, shape: null, isKnown: null, at }]
}

function failedJob({ planned }: Run, id: string, error: string, at: Date): SeenJob {
  const shape = errorShape(error)
  const isKnown = planned.strata.some((stratum) => stratum.shape === shape)
  return { id, outcome: 'failed', shape, isKnown, at }
}

/**
 * Reads all that was told of jobs that ended until now: asked right before jobs are put in line, no end of theirs from
 * before is taken for how they did. Every page is noted with the position after it in one commit, and by nobody but
 * the plan's holder, so that none is counted twice. Resolves to whether ends were dropped by the system before they
 * were read.
 */
export async function readEvents(deps: Deps, run: Run): Promise<boolean> {
  const { operator, ref, replay } = run
  let from = replay.position ?? (await operator.position(ref.queue))
  let hasGap = false
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const told = await operator.ended(ref.queue, from, PAGE)
    hasGap ||= told.hasGap
    if (told.position === from) break
    await notePage(deps, run, told)
    from = told.position
    if (!told.hasMore) break
  }
  return hasGap
}

/** The jobs of a page are this replay's, or others of the same queue, which are counted. */
async function notePage(deps: Deps, run: Run, { jobs, position }: EndedJobs): Promise<void> {
  const { id: planId } = run.part.plan
  await asHolder(deps, run, async ({ replays }, { live: before, beganAt }, now) => {
    const ours = await replays.ofReplay(
      planId,
      jobs.map(({ id }) => id),
    )
    const [mine, others] = [jobs.filter(({ id }) => ours.has(id)), jobs.filter(isNotIn(ours))]
    await replays.note(
      planId,
      mine.map(({ id, kind, error, at }) =>
        kind === 'failed'
          ? failedJob(run, id, error ?? '', at)
          : { id, outcome: kind, shape: null, isKnown: null, at },
      ),
    )
    const completed = others.filter(({ kind }) => kind === 'completed').length
    const live = {
      ...before,
      completed: before.completed + completed,
      failed: before.failed + others.length - completed,
      overMs: now.getTime() - beganAt.getTime(),
    }
    await replays.change(planId, { position, live }, now)
  })
}

const isNotIn =
  (ids: ReadonlySet<string>) =>
  ({ id }: { readonly id: string }): boolean =>
    !ids.has(id)
