import { OperatorError } from '../../../domain/errors.ts'
import type { QueueOverview, SystemHealth } from '../../../domain/queue.ts'
import { backlog } from '../../../domain/queue.ts'
import { gatesOf } from '../../../domain/replay-gates.ts'
import type { Observed } from '../../../domain/replay-observed.ts'
import type { Gate } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { Run } from './run.ts'

/** Nobody is kept waiting for a probe for longer. */
const PROBE_MS = 2_000
const FAILURES = 20
/** Above this share of its memory Redis may refuse writes soon. */
const FULL_SHARE = 0.9

/** How long the job next in line waits, in ms; null where none does or nobody can tell. */
export const oldestMs = (
  { oldestWaitingAt }: Pick<QueueOverview, 'oldestWaitingAt'>,
  now: Date,
): number | null => (oldestWaitingAt === null ? null : now.getTime() - oldestWaitingAt.getTime())

export interface Measured {
  readonly seen: Observed
  readonly gates: readonly Gate[]
}

/** Everything that decides about the wave under way, looked at now. */
export async function measure(deps: Deps, run: Run): Promise<Measured> {
  const { part, planned, replay, ref } = run
  const wave = replay.waves[replay.wave]
  if (wave === undefined) throw new Error(`plan ${part.plan.number} has no wave ${replay.wave}`)
  const system = deps.systems.get(ref.system)
  const { now: store } = deps.store
  const [{ overview }, health, probes, alerts, failures] = await Promise.all([
    system.pauseState(ref.queue),
    system.health().catch(unwell),
    deps.probes.read(ref, PROBE_MS),
    store.alerts.beganSince(ref, replay.beganAt),
    store.replays.failures(part.plan.id, replay.wave, FAILURES),
  ])
  const now = deps.clock.now()
  const waitingMs = oldestMs(overview, now)
  const seen: Observed = {
    now,
    wave,
    isCanary: replay.wave === 0,
    ramp: planned.ramp,
    strata: planned.strata,
    failures,
    baseline: replay.baseline,
    live: { ...replay.live, oldestMs: waitingMs },
    maxWaitMs: deps.settings.replay.maxWaitMs,
    queue: {
      isPaused: overview.isPaused,
      workers: overview.workers,
      waiting: backlog(overview.counts),
      oldestMs: waitingMs,
    },
    redis: health === null ? null : redisOf(health),
    probes,
    alerts,
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
