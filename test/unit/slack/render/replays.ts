import type { ActionsBlock, Button } from '@slack/types'

import type { Plan } from '../../../../src/domain/action.ts'
import { leftOf } from '../../../../src/domain/replay-lines.ts'
import type {
  Gate,
  PlannedReplay,
  Ramp,
  Replay,
  Wave,
  WaveCounts,
} from '../../../../src/domain/replay.ts'
import type { ReplayView } from '../../../../src/domain/views-replay.ts'
import type { PlanCardView } from '../../../../src/domain/views.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import { aCard, ago, aPlan, aPlannedQueue, LOCALE, NOW, readable } from './builders.ts'

const NO_COUNTS: WaveCounts = {
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

export const counts = (over: Partial<WaveCounts>): WaveCounts => ({ ...NO_COUNTS, ...over })

export const aWave = (index: number, size: number, over: Partial<Wave> = {}): Wave => ({
  index,
  size,
  beganAt: null,
  fedAt: null,
  putAt: null,
  verdict: null,
  judgedAt: null,
  judgedBy: null,
  words: null,
  counts: NO_COUNTS,
  ...over,
})

/** Wholly in line a minute ago, of which so many completed and so many failed as before. */
export const aRunWave = (
  index: number,
  completed: number,
  known = 0,
  over: Partial<Wave> = {},
): Wave =>
  aWave(index, completed + known, {
    beganAt: ago(2),
    fedAt: ago(1),
    counts: counts({ fed: completed + known, completed, known }),
    ...over,
  })

const A_RAMP: Ramp = {
  steps: [{ jobs: 10 }, { share: 0.05 }, { share: 0.25 }, { share: 1 }],
  inFlight: 500,
  perMinute: null,
  watchMs: 30_000,
  patienceMs: 600_000,
  promotes: 'itself',
  success: 0.95,
}

export const aPlannedReplay = (
  waves: readonly Wave[],
  ramp: Partial<Ramp> = {},
): PlannedReplay => ({
  ramp: { ...A_RAMP, ...ramp },
  waves: waves.map(({ size }) => size),
  strata: [],
  looked: 0,
  canary: {},
})

export const gate = (name: Gate['name'], state: Gate['state'], words: string = name): Gate => ({
  name,
  state,
  words,
})

const ALL: readonly Gate['name'][] = ['success', 'new_errors', 'ended', 'live', 'workers', 'redis']
export const GOOD_GATES: readonly Gate[] = ALL.map((name) => gate(name, 'good'))

export const aReplay = (waves: readonly Wave[], over: Partial<Replay> = {}): Replay => ({
  planId: aPlan().id,
  planNumber: 42,
  ref: { system: 'sales', queue: 'email' },
  state: 'running',
  wave: 0,
  reason: null,
  by: null,
  isHeldByPerson: false,
  position: null,
  baseline: { completed: 0, failed: 0, overMs: 0, oldestMs: null },
  live: { completed: 0, failed: 0, overMs: 0, oldestMs: null },
  gates: [],
  ignored: [],
  beganAt: ago(3),
  endedAt: null,
  seenAt: NOW,
  waves,
  ...over,
})

export const aReplayPlan = (waves: readonly Wave[], over: Partial<Plan> = {}): Plan => {
  const count = waves.reduce((sum, { size }) => sum + size, 0)
  return aPlan({
    action: 'replay',
    scope: 'v7',
    queues: [aPlannedQueue({ ref: { system: 'sales', queue: 'email' }, jobs: count })],
    jobs: {
      filter: '',
      count,
      digest: '',
      byState: { failed: count },
      oldestAt: null,
      newestAt: null,
      foreseen: {},
      options: { vault: 7 },
      replay: aPlannedReplay(waves),
    },
    state: 'executing',
    startedAt: ago(3),
    reason: 'provider is back',
    holdMs: null,
    tier: 'T3',
    ...over,
  })
}

const aReplayView = (
  replay: Replay,
  over: Partial<ReplayView> & { readonly ramp?: Partial<Ramp> } = {},
): ReplayView => ({
  replay,
  planned: aPlannedReplay(replay.waves, over.ramp),
  pace: null,
  returns: [],
  left: leftOf(replay),
  ...over,
})

type Over = Parameters<typeof aReplayView>[1]

export function cardOf(replay: Replay, over: Over = {}, card: Partial<PlanCardView> = {}) {
  const view: ReplayView = aReplayView(replay, over)
  return planCard(aCard(aReplayPlan(replay.waves), { replay: view, ...card }), LOCALE)
}
export const shown = (...args: Parameters<typeof cardOf>): string => readable(cardOf(...args))
export const linesOf = (text: string): number => text.split('\n').length
export const buttonsOf = (rendered: ReturnType<typeof cardOf>): readonly Button[] =>
  rendered.blocks
    .filter((block): block is ActionsBlock => block.type === 'actions')
    .flatMap(({ elements }) => elements as Button[])

export const PROVEN = aRunWave(0, 10, 0, {
  verdict: 'promote',
  words: '10 of 10 completed; the true failure share may still be up to 26 %',
})
/** The second of four waves, half way. */
export const HALF_WAY = [
  PROVEN,
  aWave(1, 490, {
    beganAt: ago(2),
    counts: counts({ fed: 326, open: 14, completed: 304, known: 8 }),
  }),
  aWave(2, 2000),
  aWave(3, 7500),
]
