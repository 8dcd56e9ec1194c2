import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { formatDuration, parseDuration } from '../../../src/domain/duration.ts'
import { editDistance, suggest } from '../../../src/domain/suggest.ts'
import { listing, percent, plural, thousands } from '../../../src/domain/text.ts'
import { clockTime, exactTime } from '../../../src/domain/time.ts'

const S = 1000
const MIN = 60 * S
const H = 60 * MIN
const D = 24 * H

describe('durations', () => {
  it.each([
    ['30m', 30 * MIN],
    ['1h30m', 90 * MIN],
    ['2h', 2 * H],
    ['90s', 90 * S],
    ['1d', D],
    [' 1 h 5 min ', 65 * MIN],
    ['45 seconds', 45 * S],
    ['2 Days', 2 * D],
  ])('reads %o', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    '30',
    'm',
    '0m',
    '-5m',
    '1.5h',
    '30m20m',
    '5 parsecs',
    '9999999d',
    '1h-',
    'constructor',
    '1constructor',
  ])('does not guess at %o', (text) => {
    expect(parseDuration(text)).toBeNull()
  })

  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [Number.NaN, '0 s'],
    [45 * S, '45 s'],
    [90 * S, '1 min 30 s'],
    [32 * MIN + 59 * S, '32 min'],
    [2 * H + 5 * MIN, '2 h 5 min'],
    [3 * D, '3 d'],
    [3 * D + 4 * H + 5 * MIN, '3 d 4 h'],
  ])('says %d ms as %o', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('reads back what it says, for whole minutes under a day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 * 60 - 1 }), (minutes) => {
        expect(parseDuration(formatDuration(minutes * MIN))).toBe(minutes * MIN)
      }),
    )
  })
})

describe('times', () => {
  const now = new Date('2025-03-09T23:30:00Z')

  it.each([
    ['2025-03-09T14:02:59Z', 'UTC', '14:02'],
    ['2025-03-09T00:00:00Z', 'UTC', '00:00'],
    ['2025-03-08T14:02:00Z', 'UTC', 'Sat 14:02'],
    ['2025-03-10T09:00:00Z', 'UTC', 'Mon 09:00'],
    ['2025-03-02T14:02:00Z', 'UTC', '2 Mar 14:02'],
    ['2024-03-12T14:02:00Z', 'UTC', '12 Mar 2024 14:02'],
    // 23:30 UTC is the next day in Bucharest, so this morning was yesterday there.
    ['2025-03-09T08:00:00Z', 'Europe/Bucharest', 'Sun 10:00'],
    ['2025-03-09T22:30:00Z', 'Europe/Bucharest', '00:30'],
  ])('%s in %s is %o', (date, zone, text) => {
    expect(clockTime(new Date(date), zone, now)).toBe(text)
  })

  it('counts days by the calendar across a change to summer time', () => {
    const after = new Date('2025-03-30T12:00:00Z')
    expect(clockTime(new Date('2025-03-30T00:30:00Z'), 'Europe/Berlin', after)).toBe('01:30')
    expect(clockTime(new Date('2025-03-29T23:30:00Z'), 'Europe/Berlin', after)).toBe('00:30')
  })

  it('says an impossible time as unknown', () => {
    expect(clockTime(new Date(Number.NaN), 'UTC', now)).toBe('an unknown time')
  })

  it('names the zone of an instant', () => {
    expect(exactTime(new Date('2025-03-09T14:02:09.900Z'), 'UTC')).toBe('14:02:09 UTC')
    expect(exactTime(new Date('2025-03-09T14:02:09Z'), 'Europe/Berlin')).toBe('15:02:09 GMT+1')
  })
})

describe('numbers and lists', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
    [-1310, '-1,310'],
    [12.9, '12'],
  ])('separates thousands: %d', (value, text) => {
    expect(thousands(value)).toBe(text)
  })

  it('takes the plural that fits', () => {
    expect(plural(1, 'job')).toBe('1 job')
    expect(plural(0, 'job')).toBe('0 jobs')
    expect(plural(1310, 'query', 'queries')).toBe('1,310 queries')
  })

  it('lists', () => {
    expect([
      listing([]),
      listing(['a']),
      listing(['a', 'b', 'c']),
      listing(['a', 'b'], 'or'),
    ]).toEqual(['', 'a', 'a, b and c', 'a or b'])
  })

  it('never rounds something to nothing, nor less than all to all', () => {
    expect([
      percent(1, 1000),
      percent(999, 1000),
      percent(0, 9),
      percent(9, 9),
      percent(1, 3),
      percent(1, 0),
    ]).toEqual(['under 1 %', 'over 99 %', '0 %', '100 %', '33 %', 'unknown share'])
  })
})

describe('suggestions', () => {
  it.each([
    ['emial', 'email'],
    ['EMAIL', 'email'],
    ['outreach:whatsap:send', 'outreach:whatsapp:send'],
    ['paymnets', 'payments'],
  ])('takes %o for %o', (typed, meant) => {
    expect(suggest(typed, ['payments', 'email', 'outreach:whatsapp:send', 'x'])).toBe(meant)
  })

  it.each(['zzzzzz', '', 'e', 'y'])('is silent about %o', (typed) => {
    expect(suggest(typed, ['payments', 'email', 'x'])).toBeNull()
  })

  it('takes the first of equals', () => {
    expect(suggest('emails', ['email1', 'email2'])).toBe('email1')
  })

  it('measures slips: symmetric, zero only for the same, a swap is one', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    expect(editDistance('ab', 'ba', 3)).toBe(1)
    expect(editDistance('', 'abcd', 2)).toBe(3)
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b, 9)).toBe(editDistance(b, a, 9))
        expect(editDistance(a, b, 9) === 0).toBe(a === b)
        expect(editDistance(a, b, 9)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})
