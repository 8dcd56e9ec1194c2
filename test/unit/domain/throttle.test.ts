import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hazardsOf, throttleHazards } from '../../../src/domain/throttle-hazards.ts'
import {
  endOf,
  formerOf,
  heldAt,
  isMade,
  NO_THROTTLE,
  shareOf,
  startOf,
  strictest,
  type Throttle,
  throttleWords,
} from '../../../src/domain/throttle.ts'
import { moved } from '../../helpers/moved.ts'

const MINUTE_MS = 60_000
const rate = (max: number, durationMs = MINUTE_MS): Throttle => ({
  rate: { max, durationMs },
  concurrency: null,
})
const atOnce = (concurrency: number): Throttle => ({ rate: null, concurrency })

const throttle: fc.Arbitrary<Throttle> = fc.record({
  rate: fc.option(
    fc.record({
      max: fc.integer({ min: 1, max: 20 }),
      durationMs: fc.constantFrom(1000, MINUTE_MS),
    }),
  ),
  concurrency: fc.option(fc.integer({ min: 1, max: 9 })),
})

describe('of several throttles', () => {
  it('each limit counts where it is strictest', () => {
    expect(strictest([rate(20), atOnce(5), rate(1, 1000), atOnce(2)])).toEqual({
      rate: { max: 20, durationMs: MINUTE_MS },
      concurrency: 2,
    })
    expect(strictest([])).toEqual(NO_THROTTLE)
  })

  it('the smaller bursts count where they come to the same', () => {
    expect(strictest([rate(60), rate(1, 1000)])).toEqual(rate(1, 1000))
  })

  it('one that begins and ends in any order brings back what there was', () => {
    const order = fc.array(fc.nat({ max: 99 }), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(throttle, fc.array(throttle, { maxLength: 6 }), order, (before, all, picks) => {
        let found = before
        let active = all.slice(0, 0).map((wanted) => ({ wanted, former: before }))
        for (const wanted of all) {
          const own = { wanted, former: formerOf(found, active) }
          found = moved(found, startOf(own, active))
          active = [...active, own]
          expect(found).toEqual(heldAt(before, active))
        }
        for (const pick of picks.slice(0, all.length)) {
          const [ending] = active.splice(pick % active.length, 1)
          if (ending !== undefined) found = moved(found, endOf([ending], active))
        }
        expect(found).toEqual(before)
      }),
    )
  })
})

describe('what others set meanwhile', () => {
  it('is what comes back at the end of a throttle that is set on top', () => {
    const first = { wanted: rate(20), former: NO_THROTTLE }
    expect(formerOf({ ...rate(50), concurrency: 4 }, [first])).toEqual({
      ...rate(50),
      concurrency: 4,
    })
    expect(formerOf({ ...rate(20), concurrency: 4 }, [first])).toEqual(atOnce(4))
  })

  it('is left at the end, and said', () => {
    const own = { wanted: { ...rate(20), concurrency: 2 }, former: NO_THROTTLE }
    const change = endOf([own], [])
    const found = moved({ ...rate(20), concurrency: 7 }, change)
    expect(found).toEqual(atOnce(7))
    expect(isMade(change, found)).toBe(false)
    expect(isMade(change, moved(rate(20), change))).toBe(true)
  })

  it('is not touched where it was never asked for', () => {
    expect(startOf({ wanted: rate(20), former: atOnce(7) }, [])).not.toHaveProperty('concurrency')
    expect(endOf([{ wanted: rate(20), former: atOnce(7) }], [])).not.toHaveProperty('concurrency')
  })
})

describe('the share of the pace that is left', () => {
  it.each<[string, Throttle, { perMinute: number | null; active: number }, number | null]>([
    ['of a rate', rate(20), { perMinute: 200, active: 0 }, 0.1],
    ['of an unknown rate', rate(20), { perMinute: null, active: 9 }, null],
    ['of a slower queue', rate(20), { perMinute: 5, active: 1 }, 1],
    ['of jobs at once', atOnce(2), { perMinute: null, active: 8 }, 0.25],
    ['while none runs', atOnce(2), { perMinute: 100, active: 0 }, null],
    ['of both, the less', { ...rate(20), concurrency: 1 }, { perMinute: 40, active: 8 }, 0.125],
    ['of both, one unknown', { ...rate(20), concurrency: 1 }, { perMinute: null, active: 2 }, null],
  ])('%s', (_, wanted, now, share) => expect(shareOf(wanted, now)).toBe(share))
})

it.each<[Throttle, string]>([
  [rate(20), '20/min'],
  [rate(1500, 3_600_000), '1,500/h'],
  [rate(5, 30_000), '5 in 30 s'],
  [rate(5, 250), '5 in 250 ms'],
  [{ ...rate(200, 86_400_000), concurrency: 2 }, '200/day and 2 at once'],
  [NO_THROTTLE, 'no limit'],
])('says %j as %s', (wanted, words) => expect(throttleWords(wanted)).toBe(words))

describe('who may not keep to a limit', () => {
  const facts = { libraryVersion: 'bullmq:5.79.4', majors: null, v4Workers: 0 }
  const words = (change: Partial<Parameters<typeof throttleHazards>[0]>, asked: Throttle) =>
    hazardsOf(throttleHazards({ ...facts, ...change }), asked).join()
  it.each([
    ['nobody of a new BullMQ', {}, /^$/],
    ['workers of 4 that are seen', { v4Workers: 1 }, /BullMQ 4 look at no limit/],
    [
      'workers of 4 by the metadata',
      { libraryVersion: 'bullmq:4.18.3' },
      /BullMQ 4 look at no limit/,
    ],
    ['workers of 4 by the configuration', { majors: [4, 5] }, /BullMQ 4 look at no limit/],
    ['nobody where all are 6', { majors: [6], libraryVersion: 'bullmq:4.18.3' }, /^$/],
    ['whoever is not known', { libraryVersion: null }, /version of this queue is not known/],
    ['workers before 5.60', { libraryVersion: 'bullmq:5.59.0' }, /before 5\.60/],
  ])('%s', (_, change, said) => expect(words(change, rate(20))).toMatch(said))

  it('concerns only what is asked for', () => {
    expect(words({ libraryVersion: 'bullmq:5.59.0' }, atOnce(2))).toBe('')
    expect(words({ libraryVersion: 'bullmq:5.8.9' }, atOnce(2))).toMatch(/before 5\.9/)
  })
})
