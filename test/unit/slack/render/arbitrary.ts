import fc from 'fast-check'

import type { Hold, ThrottleHold } from '../../../../src/domain/action.ts'
import type { FailureCluster } from '../../../../src/domain/failure-cluster.ts'
import { ROOM_STEPS, type RoomStep } from '../../../../src/domain/incident.ts'
import type { Freeze } from '../../../../src/domain/ports/store.ts'
import type { PauseHazard, QueueRef, Sampled } from '../../../../src/domain/queue.ts'
import type { Throttle } from '../../../../src/domain/throttle.ts'
import type { QueueLine, Tokens } from '../../../../src/domain/views.ts'
import {
  aCounts,
  aHealth,
  aHold,
  anAlert,
  anIncident,
  anOverview,
  aRule,
  NOW,
  aThrottle,
} from './builders.ts'

const nasty = fc.constantFrom(
  '<!channel>',
  '<!here|here>',
  '@here',
  '@channel',
  '@Everyone',
  '<!subteam^S0ALL>',
  '<@U0EVIL>',
  '<https://evil.example|Approve>',
  '`',
  '```',
  '*',
  '"',
  '\\',
  '&',
  '&amp',
  '<',
  '>',
  '|',
  '\n',
  '\u202e',
  '\u0000',
  '😀',
  '\ud83d',
  ':send:',
  ' ',
)

/** Text as an enemy or a broken exporter would send it, from nothing to 20,000 characters. */
export const hostile = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .array(fc.oneof(nasty, fc.string({ maxLength: 6 })), { maxLength: 30 })
      .map((parts) => parts.join('')),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(nasty, fc.integer({ min: 1, max: 4000 }))
      .map(([part, times]) => part.repeat(times)),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 50 }) },
  fc.constant(''),
)

const date = fc
  .integer({ min: -400 * 24 * 60, max: 60 * 24 * 400 })
  .map((minutes) => new Date(NOW.getTime() + minutes * 60_000))
const count = fc.oneof(fc.constant(0), fc.nat(200), fc.integer({ min: 0, max: 1e12 }))
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary)

export const ref: fc.Arbitrary<QueueRef> = fc.record({ system: hostile, queue: hostile })

const counts = fc
  .record({
    waiting: count,
    active: count,
    delayed: count,
    failed: count,
    paused: count,
    prioritized: count,
  })
  .map(aCounts)

const throttle: fc.Arbitrary<Throttle> = fc.record({
  rate: maybe(fc.record({ max: count, durationMs: count })),
  concurrency: maybe(count),
})

export const overview = fc
  .record({
    ref,
    counts,
    isKnown: fc.boolean(),
    isPaused: fc.boolean(),
    throttle,
    workers: maybe(count),
    oldestWaitingAt: maybe(date),
    stranded: count,
    libraryVersion: maybe(hostile),
  })
  .map(anOverview)

export const hold: fc.Arbitrary<Hold> = fc
  .record({
    ref,
    reason: maybe(hostile),
    endsAt: maybe(date),
    proof: fc.constantFrom('held', 'set_not_proven', 'not_held'),
  })
  .map(aHold)

export const throttled: fc.Arbitrary<ThrottleHold> = fc
  .record({
    ref,
    reason: maybe(hostile),
    endsAt: maybe(date),
    throttle: fc.record({ wanted: throttle, former: throttle }),
  })
  .map(aThrottle)

export const hazard: fc.Arbitrary<PauseHazard> = fc.record({
  code: fc.constant('mixed_writers' as const),
  explanation: hostile,
})

export const freeze: fc.Arbitrary<Freeze> = fc.record({
  by: fc.record({ teamId: hostile, userId: hostile }),
  at: date,
  reason: maybe(hostile),
})

export const incident = fc
  .record({
    kind: fc.constantFrom('queue' as const, 'storm' as const),
    ref: maybe(ref),
    title: hostile,
    severity: fc.constantFrom('SEV1' as const, 'SEV2' as const, 'SEV3' as const, 'SEV4' as const),
    state: fc.constantFrom(
      'triage' as const,
      'open' as const,
      'mitigated' as const,
      'resolved' as const,
    ),
    openedAt: date,
    lead: maybe(hostile),
    resolvedAt: maybe(date),
    resolvedBy: maybe(hostile),
    channelId: maybe(hostile),
    reopened: fc.nat(1000),
  })
  .map(anIncident)

export const alert = fc
  .record({
    status: fc.constantFrom('firing' as const, 'resolved' as const),
    startsAt: date,
    labels: fc.dictionary(fc.constantFrom('alertname', 'queue'), hostile),
    annotations: fc.dictionary(fc.constantFrom('summary', 'description', 'runbook_url'), hostile),
    sourceUrl: maybe(fc.oneof(hostile, fc.webUrl({ withQueryParameters: true }))),
  })
  .map(anAlert)

/** A few different ones, repeated up to `max` times: thousands of alerts cost no thousand random texts. */
export const upTo = <T>(max: number, item: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> =>
  fc
    .tuple(fc.array(item, { minLength: 1, maxLength: 4 }), fc.oneof(fc.nat(6), fc.nat(max)))
    .map(([few, length]) => Array.from({ length }, (_, index) => few[index % few.length] as T))

const step: fc.Arbitrary<RoomStep> = fc.record({
  incidentId: fc.constant(7),
  step: fc.constantFrom(...ROOM_STEPS),
  state: fc.constantFrom('pending', 'done', 'failed'),
  attempts: fc.nat(9),
  problem: maybe(hostile),
})

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
export const tokens: fc.Arbitrary<Tokens> = fc.record(
  {
    ack: token,
    pause: token,
    resume: token,
    throttle: token,
    status: token,
    failed: token,
    resolve: token,
    unfreeze: token,
    quarantine: token,
    retry: token,
    unstick: token,
  },
  { requiredKeys: [] },
)

export const problem = fc.record({ isLive: fc.constant(false as const), problem: hostile })
export const live = fc.record({ isLive: fc.constant(true as const), value: overview, at: date })

export const queueLine: fc.Arbitrary<QueueLine> = fc.record({
  overview,
  rule: fc.constant(aRule({ tier: 'critical' })),
  holds: upTo(3, hold),
  throttles: upTo(3, throttled),
})

export const health = fc
  .record({
    system: hostile,
    isReachable: fc.boolean(),
    pingMs: maybe(fc.double({ min: 0, max: 5000, noNaN: true })),
    version: maybe(hostile),
    usedMemoryBytes: maybe(count),
    maxMemoryBytes: maybe(count),
    maxMemoryPolicy: maybe(hostile),
    problem: maybe(hostile),
  })
  .map(aHealth)

export const sampled = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<Sampled<T>> =>
  fc.record({ items: upTo(50, item), looked: count, total: count, isExact: fc.boolean() })

export const cluster: fc.Arbitrary<FailureCluster> = fc.record({
  key: fc.stringMatching(/^[0-9a-f]{8}$/),
  type: hostile,
  shape: hostile,
  frame: maybe(hostile),
  count,
  firstFailedAt: maybe(date),
  lastFailedAt: maybe(date),
  attempts: fc.record({ fewest: count, most: count }),
  sample: maybe(fc.record({ jobId: hostile, error: hostile, data: hostile })),
})

export { count, date, maybe, step, token }
