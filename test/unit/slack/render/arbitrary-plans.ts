import fc from 'fast-check'

import type { Plan, PlanPreview, PlanState } from '../../../../src/domain/action.ts'
import type { HeadlineView, PlanCardView, PlanView } from '../../../../src/domain/views.ts'
import {
  alert,
  count,
  date,
  freeze,
  hazard,
  hold,
  hostile,
  incident,
  live,
  maybe,
  overview,
  problem,
  ref,
  sampled,
  step,
  token,
  tokens,
  upTo,
  throttled,
} from './arbitrary.ts'
import { aCard, aPlan, aPlannedQueue, aPlanView, aRule, NOW } from './builders.ts'

const STATES: readonly PlanState[] = [
  'planned',
  'requested',
  'confirmed',
  'executing',
  'done',
  'refused',
  'failed',
  'expired',
  'cancelled',
]

const person = fc.record({ teamId: hostile, userId: hostile })

const plannedQueue = fc
  .record({
    ref,
    tier: fc.constantFrom('critical' as const, 'high' as const, 'medium' as const, 'low' as const),
    before: overview,
    warnings: upTo(30, hostile),
    state: fc.constantFrom(
      'pending' as const,
      'executing' as const,
      'done' as const,
      'skipped' as const,
      'failed' as const,
      'returned' as const,
    ),
    outcome: maybe(
      fc.record({
        words: hostile,
        proof: maybe(
          fc.constantFrom(
            'held' as const,
            'set_not_proven' as const,
            'not_held' as const,
            'running' as const,
            'paused_again' as const,
          ),
        ),
        after: maybe(overview),
        accounting: maybe(fc.record({ isAsPlanned: maybe(fc.boolean()), words: hostile })),
      }),
    ),
  })
  .map(aPlannedQueue)

const preview: fc.Arbitrary<PlanPreview> = fc.record({
  types: sampled(fc.record({ type: hostile, count })),
  sample: upTo(
    9,
    fc.record(
      {
        id: hostile,
        type: hostile,
        addedAt: maybe(date),
        attempts: fc.nat(50),
        data: hostile,
        error: hostile,
      },
      { requiredKeys: ['id', 'type', 'addedAt', 'attempts', 'data'] },
    ),
  ),
  drain: fc.oneof(fc.record({ ms: count }), fc.record({ unknown: hostile })),
})

/** Of one queue, or of up to 300. */
const plan: fc.Arbitrary<Plan> = fc
  .record({
    number: fc.nat(),
    action: fc.constantFrom('pause' as const, 'resume' as const),
    scope: hostile,
    queues: upTo(300, plannedQueue).map((queues) =>
      queues.length === 0 ? [aPlannedQueue()] : queues,
    ),
    preview: maybe(preview),
    actor: person,
    tier: fc.constantFrom('T1' as const, 'T2' as const, 'T3' as const),
    tierReason: hostile,
    holdMs: maybe(fc.nat()),
    reason: maybe(hostile),
    phrase: maybe(hostile),
    approvalsNeeded: fc.nat(3),
    isBreakGlass: fc.boolean(),
    state: fc.constantFrom(...STATES),
    endsHoldId: maybe(fc.constant('hold-1')),
    expiresAt: date,
    confirmedAt: maybe(date),
    stop: maybe(fc.record({ by: person, at: date })),
    startedAt: maybe(date),
    outcome: maybe(fc.record({ words: hostile })),
    finishedAt: maybe(date),
  })
  .map(aPlan)

export const card: fc.Arbitrary<PlanCardView> = fc
  .record({
    plan,
    approvals: upTo(
      5,
      fc.record({
        planId: hostile,
        by: person,
        verdict: fc.constantFrom('approved' as const, 'rejected' as const),
        role: hostile,
        at: date,
      }),
    ),
    approvers: upTo(30, hostile),
    review: maybe(
      fc.record({
        planId: hostile,
        openedAt: date,
        signedBy: maybe(person),
        signedAt: maybe(date),
      }),
    ),
    places: upTo(500, hostile),
    stops: fc.record({ holds: upTo(50, hold), foreign: upTo(300, ref) }),
    freeze: maybe(freeze),
    progress: maybe(
      fc.record({
        perMinute: fc.double({ min: 0, max: 1e6, noNaN: true }),
        leftMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
      }),
    ),
    tokens: fc.record(
      {
        approve: token,
        reject: token,
        withdraw: token,
        stop: token,
        undo: token,
        signOff: token,
        again: token,
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ plan: about, ...over }) => aCard(about, over))

export const planView: fc.Arbitrary<PlanView> = fc
  .record({
    plan,
    holds: upTo(50, hold),
    foreign: upTo(300, ref),
    hazards: upTo(20, hazard),
    choices: fc.uniqueArray(
      fc.record({
        holdMs: maybe(fc.nat()),
        isDefault: fc.boolean(),
        needsApproval: fc.boolean(),
      }),
      { selector: (choice) => choice.holdMs, maxLength: 8 },
    ),
    isReasonRequired: fc.boolean(),
    approvalsNeeded: fc.nat(3),
    approvers: upTo(30, hostile),
    canBreakGlass: fc.boolean(),
    places: upTo(500, hostile),
    undoes: maybe(fc.nat()),
    drift: maybe(hostile),
  })
  .map(aPlanView)

export const headline: fc.Arbitrary<HeadlineView> = fc.record({
  incident,
  alerts: upTo(1000, alert),
  firing: count,
  rule: maybe(fc.constant(aRule())),
  queue: maybe(fc.oneof(problem, live)),
  nearest: maybe(hostile),
  others: upTo(4, fc.record({ overview, rule: fc.constant(aRule()) })),
  hazards: upTo(20, hazard),
  holds: upTo(300, hold),
  throttles: upTo(20, throttled),
  steps: upTo(6, step),
  lines: upTo(313, incident),
  freeze: maybe(freeze),
  pending: upTo(20, plan),
  tokens,
  at: fc.constant(NOW),
})
