import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseQueueCommand } from '../../../src/domain/command-grammar.ts'
import { rampTyped } from '../../../src/domain/replay-grammar.ts'
import type { Ramp } from '../../../src/domain/replay.ts'

const parsed = (text: string) => parseQueueCommand(text)
const parsedRamp = (text: string) => {
  const command = parsed(`replay email ${text}`)
  return 'options' in command ? command.options.ramp : undefined
}

const MINUTE = 60_000

describe('where the jobs of a replay are', () => {
  it.each([
    ['replay', { queue: null, options: {} }],
    ['replay email', { queue: 'email', options: {} }],
    ['replay email cluster:a1b2c3d4', { queue: 'email', filter: 'error:#a1b2c3d4' }],
    ['replay type:a', { queue: null, filter: 'type:a' }],
    ['replay v7', { queue: null, options: { vault: 7 } }],
    ['replay vault:7 type:a', { filter: 'type:a', options: { vault: 7 } }],
    ['replay "v7"', { queue: 'v7', options: {} }],
    ['replay plan 42', { queue: null, options: { continues: 42 } }],
    ['replay plan:42', { options: { continues: 42 } }],
    ['replay "plan"', { queue: 'plan' }],
    ['replay canary 5 v7', { options: { vault: 7, ramp: { steps: [{ jobs: 5 }] } } }],
    ['replay email to bulk canary 5', { queue: 'email', to: 'bulk', filter: '' }],
    ['replay email 20/min to bulk type:a', { queue: 'email', to: 'bulk', filter: 'type:a' }],
    ['replay v7 reset', { options: { vault: 7, resetsAttempts: true } }],
  ])('is read from `%s`', (text, wanted) => {
    expect(parsed(text)).toMatchObject({ kind: 'replay', ...wanted })
  })

  it.each([
    ['replay 7', /`7` may be a vault set or a plan/],
    ['replay plan', /After `plan` its number is missing/],
    ['replay plan x', /`x` is not the number of a plan/],
    ['replay plan v42', /`v42` is a vault set, not a plan/],
    ['replay plan 42 type:a', /takes no filter such as `type:a`/],
    ['replay email to', /not said where to replay/],
    ['replay email to bulk soon', /`soon`/],
  ])('is not guessed from `%s`', (text, words) => {
    expect(() => parsed(text)).toThrow(words)
  })
})

describe('how a replay goes', () => {
  it.each([
    ['', undefined],
    ['canary', { steps: [{ jobs: 10 }] }],
    ['canary 20', { steps: [{ jobs: 20 }] }],
    [
      'ramp 10,5%,25%,100%',
      { steps: [{ jobs: 10 }, { share: 0.05 }, { share: 0.25 }, { share: 1 }] },
    ],
    ['ramp 10 → 5 % → 100 %', { steps: [{ jobs: 10 }, { share: 0.05 }, { share: 1 }] }],
    ['ramp 10 → 4,990 → 20,000', { steps: [{ jobs: 10 }, { jobs: 4990 }, { jobs: 20_000 }] }],
    ['ramp 10 100 50 at once', { steps: [{ jobs: 10 }, { jobs: 100 }], inFlight: 50 }],
    [
      'ramp 1, 2.5%, 100% 20/min',
      { steps: [{ jobs: 1 }, { share: 0.025 }, { share: 1 }], perMinute: 20 },
    ],
    ['20 per minute and 5 at once', { perMinute: 20, inFlight: 5 }],
    ['5/30s', { perMinute: 10 }],
    ['120/hour', { perMinute: 2 }],
    ['concurrency 2', { inFlight: 2 }],
    ['unlimited', { inFlight: null, perMinute: null }],
    ['20/min unlimited', { inFlight: null, perMinute: 20 }],
    ['watch 2m patience 10 min', { watchMs: 2 * MINUTE, patienceMs: 10 * MINUTE }],
    ['success 97.5%', { success: 0.975 }],
    ['success 90 % by-hand', { success: 0.9, promotes: 'person' }],
    ['by itself', { promotes: 'itself' }],
    ['--by-itself canary', { promotes: 'itself', steps: [{ jobs: 10 }] }],
  ])('is read from `%s`', (text, wanted) => {
    expect(parsedRamp(text)).toEqual(wanted)
  })

  it.each([
    ['canary 51', /A canary is 1 to 50 jobs, not 51/],
    ['canary 0', /A canary is 1 to 50 jobs, not 0/],
    ['canary 5 ramp 10,100%', /`ramp` says a second time/],
    ['20/min 30/min', /`30\/min` says a second time/],
    ['ramp', /After `ramp` its steps are missing/],
    ['ramp type:a', /After `ramp` its steps are missing/],
    ['ramp 10,10', /do not rise/],
    ['ramp 5%,100', /do not rise/],
    ['ramp 10,5%,101%', /`101%` is no step/],
    ['ramp 1.5,100%', /`1.5` is no step/],
    ['ramp 0,100%', /`0` is no step/],
    ['watch', /After `watch` a time is missing/],
    ['watch soon', /`soon` is not a time/],
    ['patience 2d', /`2d` is too long/],
    ['success', /After `success` a share is missing/],
    ['success 0.9', /`0.9` is not a share/],
    ['success 101%', /`101%` is not a share/],
    ['success 10%', /If only `10%` have to complete, nothing is judged/],
    ['0/min', /With a limit of 0 no job of it would ever run/],
    ['ramp 10,100% 0 at once', /With a limit of 0/],
    ['concurrency 0', /With a limit of 0/],
    ['by hnad', /`by` alone says nothing here/],
    ['canary ten', /`ten` alone says nothing here/],
    ['first 10', /`first` alone says nothing here/],
    ['rest', /`rest` alone says nothing here/],
    ['concurency 5', /did you mean `concurrency`/],
    ['canry 10', /`canry` .*did you mean `canary`/],
    ['tpye:a', /tpye/],
  ])('is refused for `%s`, with the word', (text, words) => {
    expect(() => parsed(`replay email ${text}`)).toThrow(words)
  })

  it('belongs to replays alone', () => {
    expect(() => parsed('retry email canary 10')).toThrow(/`canary` says nothing to `retry`/)
    expect(parsed('retry canary')).toMatchObject({ kind: 'retry', queue: 'canary' })
  })

  it('reads the same in whatever order', () => {
    const parts = [
      'ramp 10,5%,100%',
      '20/min',
      '50 at once',
      'watch 2m',
      'success 90%',
      'by-hand',
      'type:a',
    ]
    const wanted = parsed(`replay email ${parts.join(' ')}`)
    for (let turn = 1; turn < parts.length; turn += 1) {
      const turned = [...parts.slice(turn), ...parts.slice(0, turn)]
      expect(parsed(`replay email ${turned.join(' ')}`)).toEqual(wanted)
      expect(parsed(`replay email ${turned.toReversed().join(' ')}`)).toEqual(wanted)
    }
  })
})

const rising = (most: number, count: number) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: most }), { maxLength: count })
    .map((numbers) => numbers.toSorted((a, b) => a - b))

const ramps: fc.Arbitrary<Ramp> = fc
  .record({
    jobs: rising(500_000, 5),
    tenths: rising(1000, 5),
    inFlight: fc.option(fc.integer({ min: 1, max: 10_000 })),
    perMinute: fc.option(fc.integer({ min: 1, max: 100_000 })),
    watchS: fc.integer({ min: 1, max: 86_400 }),
    patienceS: fc.integer({ min: 1, max: 86_400 }),
    success: fc.integer({ min: 500, max: 1000 }),
    promotes: fc.constantFrom('itself' as const, 'person' as const),
  })
  .filter(({ jobs, tenths }) => jobs.length + tenths.length > 0)
  .map(({ jobs, tenths, watchS, patienceS, success, ...others }) => ({
    ...others,
    steps: [
      ...jobs.map((count) => ({ jobs: count })),
      ...tenths.map((tenth) => ({ share: tenth / 10 / 100 })),
    ],
    watchMs: 1000 * watchS,
    patienceMs: 1000 * patienceS,
    success: success / 10 / 100,
  }))

it('any ramp reads as it is typed', () => {
  fc.assert(
    fc.property(ramps, (ramp) => {
      expect(parsedRamp(rampTyped(ramp))).toEqual(ramp)
    }),
  )
})

it('a pace that is no whole number a minute is typed by the hour or the day', () => {
  const paced = (perMinute: number) =>
    rampTyped({
      steps: [{ jobs: 1 }],
      inFlight: null,
      perMinute,
      watchMs: 1000,
      patienceMs: 1000,
      success: 1,
      promotes: 'itself',
    })
  expect(paced(20)).toContain(' 20/min ')
  expect(paced(100 / 60)).toContain(' 100/h ')
  expect(paced(7 / 1440)).toContain(' 7/day ')
})

it('says how a larger first wave is said, and takes `halt` for `stop`', () => {
  expect(() => parsed('replay email canary 500')).toThrow(
    expect.objectContaining({ advice: expect.stringContaining('`ramp 500,100%`') }),
  )
  expect(parsed('halt 42')).toEqual({ kind: 'stop', plan: 42 })
})
