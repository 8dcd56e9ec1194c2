import type { Plan } from '../../domain/action.ts'
import type { ButtonPurpose } from '../../domain/message.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { bucketWords, leftOf } from '../../domain/replay-lines.ts'
import { currentWave } from '../../domain/replay-next.ts'
import type { Ramp, Replay } from '../../domain/replay.ts'
import type { ReplayDetailsView, ReplayView, ReturnedSet } from '../../domain/views-replay.ts'
import type { PlanTokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { tokenFor } from '../queues/queue-tokens.ts'

type Reads = Pick<Repositories, 'replays' | 'plans' | 'vault'>

const MINUTE_MS = 60_000
const MAX_SHAPES = 5

/** What people see of a plan's replay; null where it has not begun. */
export async function replayView(store: Reads, plan: Plan, at: Date): Promise<ReplayView | null> {
  const planned = plan.jobs?.replay
  const replay = planned === undefined ? null : await store.replays.byPlan(plan.id)
  if (planned === undefined || replay === null) return null
  return {
    replay,
    planned,
    pace: paceOf(replay, planned.ramp, at),
    returns: await returnedSets(store, replay),
    left: leftOf(replay),
  }
}

/**
 * Of the wave under way, from its first job on; while nothing more is put in line there is no end to foresee. Its
 * first jobs are put in line at once, so that for a moment a wave seems faster than its limit lets it be.
 */
function paceOf(replay: Replay, { perMinute }: Ramp, at: Date): ReplayView['pace'] {
  const wave = currentWave(replay)
  if (wave === null || wave.beganAt === null || replay.state !== 'running') return null
  const { fed, open, skipped } = wave.counts
  const spentMs = at.getTime() - wave.beganAt.getTime()
  const ended = fed - open
  const left = wave.size - skipped - ended
  if (ended <= 0 || left <= 0 || spentMs <= 0) return null
  const perMs = Math.min(ended / spentMs, (perMinute ?? Infinity) / MINUTE_MS)
  return { perMinute: perMs * MINUTE_MS, leftMs: left / perMs }
}

async function returnedSets(store: Reads, { planId }: Replay): Promise<readonly ReturnedSet[]> {
  const sets: ReturnedSet[] = []
  for (const id of await store.replays.returns(planId)) {
    const plan = await store.plans.byId(id)
    if (plan === null) continue
    const why = plan.replay?.step.startsWith('failed') === true ? 'failed' : 'unstarted'
    const jobs = plan.finishedAt === null ? null : jobsOf(plan)
    const made = await store.vault.setsOfPlan(id)
    const numbers = made.length === 0 ? [null] : made.map(({ number }) => number)
    for (const vault of numbers) sets.push({ why, vault, jobs })
  }
  return sets
}

const jobsOf = ({ queues }: Plan): number =>
  queues.reduce((sum, { outcome }) => sum + (outcome?.jobs?.done ?? 0), 0)

type Kind = Extract<ButtonPurpose, { planId: string }>['kind']

/** What can be done with a replay as it stands; whoever may not do it is told so when they click. */
export async function replayTokens(
  deps: Pick<Deps, 'store' | 'clock' | 'ids' | 'systems'>,
  plan: Plan,
  view: ReplayView,
): Promise<PlanTokens> {
  const { replay } = view
  const token = (kind: Kind): Promise<string> =>
    tokenFor(deps, {
      kind,
      planId: plan.id,
      ...(kind === 'promote' ? { wave: replay.wave } : {}),
    })
  const rest = restOf(plan, view)
  switch (replay.state) {
    case 'halted':
    case 'done':
      return {
        ...(rest === null ? {} : { rest: await tokenFor(deps, rest) }),
        outcomes: await token('outcomes'),
      }
    case 'halting':
      return {}
    case 'held':
      return { ...(await heldTokens(token, replay)), ...(await stopToken(token, plan)) }
    case 'running':
      return { hold: await token('hold'), ...(await stopToken(token, plan)) }
  }
}

const stopToken = async (
  token: (kind: Kind) => Promise<string>,
  { stop }: Plan,
): Promise<PlanTokens> => (stop === null ? { stop: await token('stop') } : {})

/** A wave is promoted as a whole: not before all of it was put in line. */
async function heldTokens(
  token: (kind: Kind) => Promise<string>,
  replay: Replay,
): Promise<PlanTokens> {
  const isFed = (currentWave(replay)?.fedAt ?? null) !== null
  return {
    goOn: await token('go_on'),
    ...(isFed ? { promote: await token('promote') } : {}),
    ...(replay.isHeldByPerson ? {} : { hold: await token('hold') }),
  }
}

/** The plan that goes on: with what a halted one left, or after a good canary with all that it stood for. */
function restOf(plan: Plan, { replay, left }: ReplayView): ButtonPurpose | null {
  const hasRest = replay.state === 'halted' ? left > 0 : isCanary(replay, plan)
  if (plan.jobs === null || !hasRest) return null
  // In which waves is not taken over: a canary's would be one of ten again.
  const { resetsAttempts, target, targetTier } = plan.jobs.options
  const options = {
    continues: plan.number,
    ...(resetsAttempts === undefined ? {} : { resetsAttempts }),
    ...(target === undefined ? {} : { target }),
    ...(targetTier === undefined ? {} : { targetTier }),
  }
  return {
    kind: 'plan',
    action: 'replay',
    scope: plan.scope,
    refs: plan.queues.map(({ ref }) => ref),
    incidentId: plan.incidentId,
    holdMs: null,
    jobs: { filter: '', options },
  }
}

/** One wave of so many jobs: there may be more where they came from. */
function isCanary({ waves }: Replay, { jobs }: Plan): boolean {
  const [step, ...more] = jobs?.replay?.ramp.steps ?? []
  return (
    step !== undefined &&
    'jobs' in step &&
    more.length === 0 &&
    waves.length === 1 &&
    waves[0]?.verdict === 'promote'
  )
}

/** What the jobs of a replay failed with, for the thread of its card. Null where it has not begun. */
export async function replayDetailsView(
  store: Reads,
  plan: Plan,
  at: Date,
): Promise<ReplayDetailsView | null> {
  const planned = plan.jobs?.replay
  const replay = planned === undefined ? null : await store.replays.byPlan(plan.id)
  if (planned === undefined || replay === null) return null
  const failures = await store.replays.failures(plan.id, null, MAX_SHAPES + 1)
  const strata = Object.entries(replay.waves[0]?.counts.strata ?? {})
  return {
    planNumber: plan.number,
    words: bucketWords(replay, leftOf(replay)),
    failures: failures.slice(0, MAX_SHAPES),
    isCut: failures.length > MAX_SHAPES,
    strata: strata.flatMap(([index, counts]) => {
      const stratum = planned.strata[Number(index)]
      return stratum === undefined ? [] : [{ ...stratum, ...counts }]
    }),
    at,
  }
}
