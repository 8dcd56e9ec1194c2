import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  type Effect,
  type PastEffect,
  type QueueEffect,
  tierOf,
} from '../../../src/domain/effect.ts'

const MINUTE_MS = 60_000
const email = { system: 'sales', queue: 'email' }
const payment = { system: 'sales', queue: 'payment:charge' }

const onEmail = (effect: Effect): QueueEffect => ({ ref: email, tier: 'medium', effect })
const onPayment = (effect: Effect): QueueEffect => ({ ref: payment, tier: 'critical', effect })
const stop = (minutes: number | null): Effect => ({
  kind: 'stop',
  forMs: minutes === null ? null : minutes * MINUTE_MS,
})
const run = (jobs: number, isPromotion = false): Effect => ({ kind: 'run', jobs, isPromotion })
const leave = (jobs: number): Effect => ({ kind: 'leave', jobs })
const start = (minutes: number | null): Effect => ({
  kind: 'start',
  stoppedMs: minutes === null ? null : minutes * MINUTE_MS,
})

const tier = (now: QueueEffect | readonly QueueEffect[], past: readonly PastEffect[] = []) =>
  tierOf([now].flat(), past).tier

describe('the tier of an effect', () => {
  it.each([
    ['one queue stops for a while', onEmail(stop(30)), 'T1'],
    ['one queue stops without an end', onEmail(stop(null)), 'T2'],
    ['one queue stops for a day', onEmail(stop(24 * 60)), 'T1'],
    ['one queue stops for longer', onEmail(stop(24 * 60 + 1)), 'T2'],
    ['a critical queue stops briefly', onPayment(stop(15)), 'T2'],
    ['a critical queue stays stopped', onPayment(stop(16)), 'T3'],
    ['a critical queue stops without an end', onPayment(stop(null)), 'T3'],
    ['a queue runs again', onEmail(start(300)), 'T2'],
    ['a critical queue runs again soon', onPayment(start(15)), 'T2'],
    ['a critical queue runs again late', onPayment(start(16)), 'T3'],
    ['a critical queue runs again, nobody knows after how long', onPayment(start(null)), 'T3'],
    ['one delayed job is promoted', onEmail(run(1, true)), 'T1'],
    ['one job of a critical queue is promoted', onPayment(run(1, true)), 'T2'],
    ['one job is retried', onEmail(run(1)), 'T2'],
    ['50 jobs run', onEmail(run(50)), 'T2'],
    ['51 jobs run', onEmail(run(51)), 'T3'],
    ['1,000 jobs leave', onEmail(leave(1000)), 'T2'],
    ['1,001 jobs leave', onEmail(leave(1001)), 'T3'],
    ['one job leaves a critical queue', onPayment(leave(1)), 'T3'],
    ['one job is destroyed', onEmail({ kind: 'destroy', jobs: 1 }), 'T3'],
  ] as const)('%s', (_, effect, expected) => {
    expect(tier(effect)).toBe(expected)
  })
})

describe('ways round the tiers', () => {
  it('ten small retries are one big one, whoever orders them', () => {
    const nine = Array.from({ length: 9 }, () => ({ ref: email, effect: run(5) }))
    expect(tier(onEmail(run(5)), nine)).toBe('T2')
    expect(tier(onEmail(run(6)), nine)).toBe('T3')
    expect(tierOf([onEmail(run(6))], nine).reason).toBe(
      '6 jobs, 51 with those of the last hour, would run',
    )
  })

  it('many queues of one incident count together', () => {
    const others = Array.from({ length: 10 }, (_, index) => ({
      ref: { system: 'sales', queue: `q${index}` },
      effect: run(5),
    }))
    expect(tier(onEmail(run(1)), others)).toBe('T3')
    expect(
      tier([...others, { ref: email, effect: run(1) }].map((one) => ({ ...one, tier: 'low' }))),
    ).toBe('T3')
  })

  it('a release makes jobs run as a replay does: both are the same effect', () => {
    expect(tier(onEmail(run(30)), [{ ref: email, effect: run(30) }])).toBe('T3')
  })

  it('promoting one by one is running many', () => {
    const fifty = Array.from({ length: 50 }, () => ({ ref: email, effect: run(1, true) }))
    expect(tier(onEmail(run(1, true)), fifty.slice(0, 1))).toBe('T2')
    expect(tier(onEmail(run(1, true)), fifty)).toBe('T3')
  })

  it('small quarantines add up', () => {
    expect(tier(onEmail(leave(400)), [{ ref: email, effect: leave(601) }])).toBe('T3')
  })

  it.each([0, 0.05, 0.099, null])('a throttle to %s of the rate is a stop', (toShare) => {
    const slow = (minutes: number | null): Effect => ({
      kind: 'slow',
      toShare,
      forMs: minutes === null ? null : minutes * MINUTE_MS,
    })
    expect(tier(onPayment(slow(16)))).toBe('T3')
    expect(tier(onPayment(slow(15)))).toBe('T2')
    expect(tier(onEmail(slow(30)))).toBe('T1')
    expect(tier(onEmail(slow(null)))).toBe('T2')
  })

  it('a throttle that leaves a tenth is none', () => {
    expect(tier(onPayment({ kind: 'slow', toShare: 0.1, forMs: 60 * MINUTE_MS }))).toBe('T2')
    expect(tier(onEmail({ kind: 'slow', toShare: 0.5, forMs: MINUTE_MS }))).toBe('T1')
  })

  it('two people who alternate keep a critical queue stopped no longer than one may', () => {
    const past = [{ ref: payment, effect: stop(10) }]
    expect(tier(onPayment(stop(5)), past)).toBe('T2')
    expect(tier(onPayment(stop(6)), past)).toBe('T3')
    expect(tier(onPayment({ kind: 'slow', toShare: 0, forMs: 6 * MINUTE_MS }), past)).toBe('T3')
  })

  it('stopping a second queue within the hour is no longer the mildest', () => {
    const other = { ref: { system: 'sales', queue: 'sms' }, effect: stop(10) }
    expect(tier(onEmail(stop(30)), [other])).toBe('T2')
    expect(tier(onEmail(stop(30)), [{ ref: email, effect: stop(10) }])).toBe('T1')
  })
})

const RANKS = ['T0', 'T1', 'T2', 'T3']

const anyEffect: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({ kind: fc.constant('stop' as const), forMs: fc.option(fc.nat(3_600_000)) }),
  fc.record({
    kind: fc.constant('slow' as const),
    forMs: fc.option(fc.nat(3_600_000)),
    toShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  }),
  fc.record({ kind: fc.constant('start' as const), stoppedMs: fc.option(fc.nat(3_600_000)) }),
  fc.record({
    kind: fc.constant('run' as const),
    jobs: fc.integer({ min: 1, max: 200 }),
    isPromotion: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('leave' as const), jobs: fc.integer({ min: 1, max: 3000 }) }),
)

const anyQueueEffect: fc.Arbitrary<QueueEffect> = fc.record({
  ref: fc.constantFrom(email, payment, { system: 'sales', queue: 'sms' }),
  tier: fc.constantFrom('critical' as const, 'high' as const, 'medium' as const, 'low' as const),
  effect: anyEffect,
})

describe('any history', () => {
  it('never makes a later action milder', () => {
    fc.assert(
      fc.property(anyQueueEffect, fc.array(anyQueueEffect, { maxLength: 8 }), (now, past) => {
        expect(RANKS.indexOf(tier(now, past))).toBeGreaterThanOrEqual(RANKS.indexOf(tier(now)))
      }),
    )
  })

  it('lets no sequence of T2 runs exceed fifty jobs an hour', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }), (sizes) => {
        const past: PastEffect[] = []
        for (const jobs of sizes)
          if (tier(onEmail(run(jobs)), past) !== 'T3') past.push({ ref: email, effect: run(jobs) })
        const total = past.reduce(
          (sum, { effect }) => sum + (effect.kind === 'run' ? effect.jobs : 0),
          0,
        )
        expect(total).toBeLessThanOrEqual(50)
      }),
    )
  })

  it('lets no sequence of T2 stops keep a critical queue stopped beyond a quarter of an hour', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 }), (lengths) => {
        const past: PastEffect[] = []
        for (const minutes of lengths)
          if (tier(onPayment(stop(minutes)), past) !== 'T3')
            past.push({ ref: payment, effect: stop(minutes) })
        const total = past.reduce(
          (sum, { effect }) => sum + (effect.kind === 'stop' ? (effect.forMs ?? Infinity) : 0),
          0,
        )
        expect(total).toBeLessThanOrEqual(15 * MINUTE_MS)
      }),
    )
  })
})
