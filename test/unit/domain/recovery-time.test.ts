import { expect, it } from 'vitest'

import { isOverdue, isTooOld, lookMs } from '../../../src/domain/recovery.ts'

const MINUTE_MS = 60_000
const START = new Date('2026-03-01T12:00:00Z')
const after = (ms: number): Date => new Date(START.getTime() + ms)

it.each([
  [15 * MINUTE_MS, false, 5000],
  [15 * MINUTE_MS, true, 30_000],
  [3000, false, 500],
  [3000, true, 3000],
  [1000, false, 250],
])('for %i ms, late %s: a look every %i ms', (forMs, isLate, ms) => {
  expect(lookMs({ forMs, isLate })).toBe(ms)
})

it('is late after twice its time, and too old after a day', () => {
  const recovery = { beganAt: START, forMs: MINUTE_MS }
  expect(isOverdue(recovery, after(2 * MINUTE_MS - 1))).toBe(false)
  expect(isOverdue(recovery, after(2 * MINUTE_MS))).toBe(true)
  expect(isTooOld(recovery, after(24 * 60 * MINUTE_MS - 1))).toBe(false)
  expect(isTooOld(recovery, after(24 * 60 * MINUTE_MS))).toBe(true)
})
