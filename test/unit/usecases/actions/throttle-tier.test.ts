import { expect, it } from 'vitest'

import type { ThrottleHold } from '../../../../src/domain/action.ts'
import type { QueueTier } from '../../../../src/domain/queue.ts'
import { type Context, tierFor } from '../../../../src/usecases/actions/tier.ts'
import { overviewOf } from '../../../helpers/overviews.ts'

const MINUTE_MS = 60_000
const NOW = new Date('2026-01-05T10:00:00Z')
const before = overviewOf('email')
const key = 'sales/email'
const to = { rate: { max: 20, durationMs: MINUTE_MS }, concurrency: null }

const nothing: Context = { past: [], holds: [], throttles: [], now: NOW }

const intended = (
  action: 'throttle' | 'unthrottle' | 'pause',
  tier: QueueTier,
  share: number | null,
  thenMs: number | null = null,
) => ({
  action,
  queues: [{ ref: before.ref, tier, before, jobs: null }],
  jobs: null,
  throttle: action === 'unthrottle' ? null : { to, thenMs, shares: { [key]: share } },
  incidentId: null,
})

it.each<[string, QueueTier, number | null, number | null, string]>([
  ['half of the pace for an hour', 'medium', 0.5, 60, 'T1'],
  ['half of the pace for good', 'medium', 0.5, null, 'T2'],
  ['half of the pace of a critical queue', 'critical', 0.5, 60, 'T2'],
  ['next to nothing of a critical queue, shortly', 'critical', 0.09, 15, 'T2'],
  ['next to nothing of a critical queue', 'critical', 0.09, 60, 'T3'],
  ['nobody knows how much of a critical queue', 'critical', null, 60, 'T3'],
])('to leave %s', (_, tier, share, minutes, needs) => {
  const holdMs = minutes === null ? null : minutes * MINUTE_MS
  expect(tierFor(intended('throttle', tier, share), holdMs, nothing).tier).toBe(needs)
})

it('a pause that ends in a crawl counts with both', () => {
  const short = 10 * MINUTE_MS
  const tierOf = (share: number) =>
    tierFor(intended('pause', 'critical', share, 60 * MINUTE_MS), short, nothing).tier
  expect([tierOf(0.5), tierOf(0.05)]).toEqual(['T2', 'T3'])
})

it('a pause and its crawl stop a critical queue no longer than one of them may', () => {
  const needs = (pause: number, crawl: number | null, share = 0.05) =>
    tierFor(
      intended('pause', 'critical', share, crawl === null ? null : crawl * MINUTE_MS),
      pause * MINUTE_MS,
      nothing,
    )
  expect([needs(10, 5).tier, needs(10, 6).tier, needs(15, 15).tier]).toEqual(['T2', 'T3', 'T3'])
  expect([needs(1, null).tier, needs(15, 15, 0.5).tier]).toEqual(['T3', 'T2'])
  expect(needs(15, 15).reason).toBe('a critical queue would stay stopped for more than 15 min')
})

it('a crawl adds up with the pauses of the hour', () => {
  const past = [{ ref: before.ref, effect: { kind: 'stop', forMs: 10 * MINUTE_MS } as const }]
  const crawl = intended('throttle', 'critical', 0.05)
  expect(tierFor(crawl, 10 * MINUTE_MS, { ...nothing, past }).tier).toBe('T3')
})

it('to end a crawl is to start the queue', () => {
  const crawling = (share: number): ThrottleHold => ({
    id: 'h',
    ref: before.ref,
    planId: 'p',
    incidentId: null,
    owner: { teamId: 'T', userId: 'U' },
    reason: null,
    startedAt: new Date(NOW.getTime() - 30 * MINUTE_MS),
    endsAt: null,
    endedAt: null,
    endedBy: null,
    proof: 'held',
    throttle: { wanted: to, former: { rate: null, concurrency: null } },
    share,
  })
  const needs = (share: number) =>
    tierFor(intended('unthrottle', 'critical', null), null, {
      ...nothing,
      throttles: [crawling(share)],
    }).tier
  expect([needs(0.05), needs(0.5)]).toEqual(['T3', 'T2'])
})
