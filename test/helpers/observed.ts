import { gatesOf } from '../../src/domain/replay-gates.ts'
import type { Observed } from '../../src/domain/replay-observed.ts'
import type {
  Gate,
  GateName,
  LiveTraffic,
  Ramp,
  Replay,
  Wave,
  WaveCounts,
} from '../../src/domain/replay.ts'

/** When the waves of these tests begin. */
const BEGAN = new Date('2026-11-02T03:00:00Z')

/** So many seconds after that. */
export const after = (seconds: number): Date => new Date(BEGAN.getTime() + seconds * 1000)

export const RAMP: Ramp = {
  steps: [{ jobs: 10 }, { share: 0.05 }, { share: 0.25 }, { share: 1 }],
  inFlight: 500,
  perMinute: null,
  watchMs: 30_000,
  patienceMs: 600_000,
  promotes: 'itself',
  success: 0.95,
}

const NO_JOBS: WaveCounts = {
  fed: 0,
  skipped: 0,
  open: 0,
  completed: 0,
  known: 0,
  fresh: 0,
  unseen: 0,
  returned: 0,
  strata: {},
}

/** Jobs of a wave; what is in no other bucket was put in line and is one of these. */
function countsOf(some: Partial<WaveCounts>): WaveCounts {
  const counts = { ...NO_JOBS, ...some }
  const { open, completed, known, fresh, unseen, returned } = counts
  return { ...counts, fed: some.fed ?? open + completed + known + fresh + unseen + returned }
}

/** A wave that was put in line at once, all of it unless its size says otherwise. */
export function waveOf(some: Partial<WaveCounts>, wave: Partial<Omit<Wave, 'counts'>> = {}): Wave {
  const counts = countsOf(some)
  const size = wave.size ?? counts.fed + counts.skipped
  return {
    index: 0,
    size,
    beganAt: BEGAN,
    fedAt: counts.fed + counts.skipped === size ? BEGAN : null,
    putAt: BEGAN,
    verdict: null,
    judgedAt: null,
    judgedBy: null,
    words: null,
    counts,
    ...wave,
  }
}

/** Other jobs of a queue over ten minutes. */
export const trafficOf = (completed: number, failed = 0, overMs = 600_000): LiveTraffic => ({
  completed,
  failed,
  overMs,
  oldestMs: 1000,
})

/** A wave of which all completed, in a queue that is well, after it was watched. */
export const observed = (some: Partial<Observed> = {}): Observed => ({
  now: after(31),
  wave: waveOf({ completed: 20 }),
  isCanary: false,
  ramp: RAMP,
  strata: [{ type: 'send', shape: 'timeout', jobs: 100 }],
  failures: [],
  baseline: trafficOf(300, 1),
  live: trafficOf(16, 0, 31_000),
  maxWaitMs: 900_000,
  queue: { isPaused: false, workers: 4, waiting: 50, oldestMs: 2000 },
  redis: { isWell: true, words: 'answers in 1 ms' },
  probes: [],
  alerts: [],
  beganAt: BEGAN,
  ...some,
})

/** One gate of such a wave. */
export function gate(name: GateName, some: Partial<Observed>): Gate {
  const found = gatesOf(observed(some)).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no gate ${name}`)
  return found
}

/** The same in one line: `good: 4 workers`. */
export function says(name: GateName, some: Partial<Observed>): string {
  const { state, words } = gate(name, some)
  return `${state}: ${words}`
}

/** A replay of these waves, in the first of them. */
export const replayOf = (waves: readonly Wave[], some: Partial<Replay> = {}): Replay => ({
  planId: 'p',
  planNumber: 42,
  ref: { system: 'main', queue: 'email' },
  state: 'running',
  wave: 0,
  reason: null,
  by: null,
  isHeldByPerson: false,
  position: null,
  baseline: trafficOf(0),
  live: trafficOf(0),
  gates: [],
  ignored: [],
  beganAt: BEGAN,
  endedAt: null,
  seenAt: BEGAN,
  waves,
  ...some,
})
