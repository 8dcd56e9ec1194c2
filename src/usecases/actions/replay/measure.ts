import { OperatorError } from '../../../domain/errors.ts'
import type { QueueOverview, SystemHealth } from '../../../domain/queue.ts'
import { backlog } from '../../../domain/queue.ts'
import { gatesOf } from '../../../domain/replay-gates.ts'
import type { Observed } from '../../../domain/replay-observed.ts'
import type { Gate } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { Run } from './run.ts'

/** Nobody is kept waiting for a probe for longer. */
const PROBE_MS = 5_000
const FAILURES = 20
/** Above this share of its memory Redis may refuse writes soon. */
const FULL_SHARE = 0.9

/** How long the job next in line waits, in ms; null where none does or nobody can tell. */
export const oldestMs = (
  { oldestWaitingAt }: Pick<QueueOverview, 'oldestWaitingAt'>,
  now: Date,
): number | null => (oldestWaitingAt === null ? null : now.getTime() - oldestWaitingAt.getTime())

/** What is so around a replay, whatever its own jobs do. */
export type Surroundings = Pick<Observed, 'queue' | 'redis' | 'probes' | 'alerts'> & {
  readonly at: Date
}

export async function lookAround(deps: Deps, { ref, replay }: Run): Promise<Surroundings> {
  const system = deps.systems.get(ref.system)
  const [{ overview }, health, probes, alerts] = await Promise.all([
    system.pauseState(ref.queue),
    system.health().catch(unwell),
    deps.probes.read(ref, PROBE_MS),
    deps.store.now.alerts.beganSince(ref, replay.beganAt),
  ])
  const at = deps.clock.now()
  const queue = {
    isPaused: overview.isPaused,
    workers: overview.workers,
    waiting: backlog(overview.counts),
    oldestMs: oldestMs(overview, at),
  }
  return { at, queue, redis: health === null ? null : redisOf(health), probes, alerts }
}

export interface Measured {
  readonly seen: Observed
  readonly gates: readonly Gate[]
}

/** Everything that decides about the wave under way: what is around it, and how its jobs do by now. */
export async function measure(
  deps: Deps,
  { part, planned, replay }: Run,
  { at: _at, ...around }: Surroundings,
): Promise<Measured> {
  const wave = replay.waves[replay.wave]
  if (wave === undefined) throw new Error(`plan ${part.plan.number} has no wave ${replay.wave}`)
  const now = deps.clock.now()
  // Harm is looked for wave by wave: others are counted since this one began.
  const overMs = wave.beganAt === null ? 0 : now.getTime() - wave.beganAt.getTime()
  const seen: Observed = {
    ...around,
    now,
    wave,
    isCanary: replay.wave === 0,
    ramp: planned.ramp,
    strata: planned.strata,
    failures: await deps.store.now.replays.failures(part.plan.id, replay.wave, FAILURES),
    baseline: replay.baseline,
    live: { ...replay.live, overMs, oldestMs: around.queue?.oldestMs ?? null },
    maxWaitMs: deps.settings.replay.maxWaitMs,
    beganAt: replay.beganAt,
  }
  return { seen, gates: gatesOf(seen) }
}

function unwell(error: unknown): null {
  if (error instanceof OperatorError) return null
  throw error
}

function redisOf(health: SystemHealth): Observed['redis'] {
  const { isReachable, problem, usedMemoryBytes: used, maxMemoryBytes: most, pingMs } = health
  if (!isReachable) return { isWell: false, words: problem ?? 'does not answer' }
  const share = used === null || most === null || most === 0 ? null : used / most
  if (share !== null && share > FULL_SHARE)
    return { isWell: false, words: `${Math.round(share * 100)} % of its memory is used` }
  const memory = share === null ? '' : `, ${Math.round(share * 100)} % of its memory used`
  return { isWell: true, words: `answers in ${pingMs ?? '?'} ms${memory}` }
}
