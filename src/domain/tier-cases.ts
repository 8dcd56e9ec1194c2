import type { ActionKind, EffectTier } from './action.ts'
import { formatDuration } from './duration.ts'
import { CRITICAL_STOP_MS, type Effect, tierOf } from './effect.ts'
import type { QueueRef, QueueTier } from './queue.ts'
import { listing } from './text.ts'

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
      cases.filter((one) => one.tier === tier).map(({ when }) => when),
      'or',
    ),
    tier,
  }))
}
