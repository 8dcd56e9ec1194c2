import type { ActionKind, EffectTier } from './action.ts'
import { formatDuration } from './duration.ts'
import { CRITICAL_STOP_MS, type Effect, MAX_LEAVES, MAX_RUNS, tierOf } from './effect.ts'
import type { QueueRef, QueueTier } from './queue.ts'
import { listing, thousands } from './text.ts'

/** Under which circumstances an action is of which tier, by itself: what was done within the hour may raise it. */
export interface TierCase {
  /** `for up to 15 min`, as it follows the action. */
  readonly when: string
  readonly tier: EffectTier
}

const SHORT = formatDuration(CRITICAL_STOP_MS)

const CASES: Readonly<Record<ActionKind, readonly (readonly [string, Effect])[]>> = {
  pause: [
    [`for up to ${SHORT}`, { kind: 'stop', forMs: CRITICAL_STOP_MS }],
    ['for longer', { kind: 'stop', forMs: CRITICAL_STOP_MS + 1 }],
    ['without an end', { kind: 'stop', forMs: null }],
  ],
  resume: [
    [`within ${SHORT}`, { kind: 'start', stoppedMs: CRITICAL_STOP_MS }],
    ['later', { kind: 'start', stoppedMs: CRITICAL_STOP_MS + 1 }],
  ],
  throttle: [
    ['for a time', { kind: 'slow', forMs: CRITICAL_STOP_MS, toShare: 0.5 }],
    ['without an end', { kind: 'slow', forMs: null, toShare: 0.5 }],
    ['to next to nothing for longer', { kind: 'slow', forMs: CRITICAL_STOP_MS + 1, toShare: 0 }],
  ],
  unthrottle: [['', { kind: 'start', stoppedMs: 0 }]],
  quarantine: leaving(),
  move: leaving(),
  release: running(),
  replay: running(),
  retry: running(),
  unstick: running(),
  promote: [
    ['one job', { kind: 'run', jobs: 1, isPromotion: true }],
    [`up to ${MAX_RUNS} jobs`, { kind: 'run', jobs: MAX_RUNS, isPromotion: true }],
    ['more', { kind: 'run', jobs: MAX_RUNS + 1, isPromotion: true }],
  ],
  prioritize: [['', { kind: 'reorder', jobs: 1 }]],
  clean: [['', { kind: 'clear', jobs: 1 }]],
  drain: [['', { kind: 'destroy', jobs: 1 }]],
  discard: [['', { kind: 'destroy', jobs: 1 }]],
}

function running(): readonly (readonly [string, Effect])[] {
  return [
    [`up to ${MAX_RUNS} jobs`, { kind: 'run', jobs: MAX_RUNS, isPromotion: false }],
    ['more', { kind: 'run', jobs: MAX_RUNS + 1, isPromotion: false }],
  ]
}

function leaving(): readonly (readonly [string, Effect])[] {
  return [
    [`up to ${thousands(MAX_LEAVES)} jobs`, { kind: 'leave', jobs: MAX_LEAVES }],
    ['more', { kind: 'leave', jobs: MAX_LEAVES + 1 }],
  ]
}

/** The tiers of an action on one queue; circumstances that make no difference are named together. */
export function tierCases(
  action: ActionKind,
  ref: QueueRef,
  queueTier: QueueTier,
): readonly TierCase[] {
  const cases = CASES[action].map(([when, effect]) => ({
    when,
    tier: tierOf([{ ref, tier: queueTier, effect }]).tier,
  }))
  const tiers = [...new Set(cases.map(({ tier }) => tier))]
  return tiers.map((tier) => ({
    when: listing(
      cases.filter((one) => one.tier === tier && one.when !== '').map(({ when }) => when),
      'or',
    ),
    tier,
  }))
}
