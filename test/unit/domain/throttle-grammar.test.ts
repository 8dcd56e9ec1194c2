import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { splitWords } from '../../../src/domain/command-words.ts'
import { OperatorError } from '../../../src/domain/errors.ts'
import { parseThen, parseThrottle, splitThen } from '../../../src/domain/throttle-grammar.ts'
import { throttleWords } from '../../../src/domain/throttle.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const parse = (text: string) => parseThrottle(splitWords(text))
const rate = (max: number, durationMs: number) => ({
  throttle: { rate: { max, durationMs }, concurrency: null },
})
const atOnce = (concurrency: number) => ({ throttle: { rate: null, concurrency } })

describe('a throttle', () => {
  it.each([
    ['email 20/min', { queue: 'email', ...rate(20, MINUTE_MS), forMs: null }],
    ['email 20/min for 1h', { queue: 'email', ...rate(20, MINUTE_MS), forMs: HOUR_MS }],
    ['email to 100/h', { queue: 'email', ...rate(100, HOUR_MS), forMs: null }],
    ['5/s', { queue: null, ...rate(5, 1000), forMs: null }],
    ['200/day for 2 hours', { queue: null, ...rate(200, 24 * HOUR_MS), forMs: 2 * HOUR_MS }],
    ['email 20 / min', { queue: 'email', ...rate(20, MINUTE_MS), forMs: null }],
    ['email 20 per minute', { queue: 'email', ...rate(20, MINUTE_MS), forMs: null }],
    ['email 20 jobs per minute for 1h', { queue: 'email', ...rate(20, MINUTE_MS), forMs: HOUR_MS }],
    ['email 100 jobs an hour', { queue: 'email', ...rate(100, HOUR_MS), forMs: null }],
    ['email 5/30s', { queue: 'email', ...rate(5, 30_000), forMs: null }],
    ['a:b:c concurrency 2 for 1h', { queue: 'a:b:c', ...atOnce(2), forMs: HOUR_MS }],
    ['email concurrency=2', { queue: 'email', ...atOnce(2), forMs: null }],
    ['email to 2 at once', { queue: 'email', ...atOnce(2), forMs: null }],
    ['concurrency 1 for 30m', { queue: null, ...atOnce(1), forMs: 30 * MINUTE_MS }],
    ['"20/min" 20/min', { queue: '20/min', ...rate(20, MINUTE_MS), forMs: null }],
    ['tier:low 20/min', { queue: 'tier:low', ...rate(20, MINUTE_MS), forMs: null }],
  ])('%s', (text, asked) => expect(parse(text)).toEqual(asked))

  it.each(['email 20/min concurrency 2', 'email concurrency 2 and 20/min'])(
    'is both at once: %s',
    (text) =>
      expect(parse(`${text} for 1h`)).toEqual({
        queue: 'email',
        throttle: { rate: { max: 20, durationMs: MINUTE_MS }, concurrency: 2 },
        forMs: HOUR_MS,
      }),
  )

  it.each([
    ['', 'bad_input', /is missing/],
    ['email', 'bad_input', /is missing/],
    ['email for 1h', 'bad_input', /is missing/],
    ['email fast', 'bad_input', /`fast` is no limit/],
    ['email 20/min 30/min', 'bad_input', /second limit/],
    ['email 0/min', 'bad_input', /no throttle/],
    ['email concurrency 0', 'bad_input', /no throttle/],
    ['email 20/fortnight', 'bad_input', /no limit/],
    ['email 20/2d', 'bad_input', /within a day/],
    ['email 9999999/min', 'bad_input', /too many/],
    ['email concurrency 99999', 'bad_input', /too many/],
    ['email 20/min for', 'bad_duration', /time is missing/],
    ['email 20/min for ever', 'bad_duration', /not a time/],
    ['email 20/min for 31d', 'bad_duration', /too long/],
  ])('is refused in words: %s', (text, code, words) => {
    const refused = {
      code,
      message: expect.stringMatching(words),
      advice: expect.stringMatching(/^Nothing was changed\. ./),
    }
    expect(() => parse(text)).toThrow(expect.objectContaining(refused))
  })

  it('never fails in another way', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('20/min', 'for', '1h', 'concurrency', '2', 'and', 'at', 'once', 'per', '"'),
    )
    const refusalOf = (text: string): unknown => {
      try {
        parse(text)
        return null
      } catch (error) {
        return error
      }
    }
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), (words) => {
        const refusal = refusalOf(words.join(' '))
        expect(refusal === null || refusal instanceof OperatorError).toBe(true)
      }),
    )
  })

  it('is understood as it is said', () => {
    const durationMs = fc.constantFrom(1000, MINUTE_MS, HOUR_MS, 24 * HOUR_MS, 30_000, 90_000)
    const throttle = fc.record({
      rate: fc.record({ max: fc.integer({ min: 1, max: 1_000_000 }), durationMs }),
      concurrency: fc.option(fc.integer({ min: 1, max: 999 })),
    })
    fc.assert(
      fc.property(throttle, (wanted) => {
        expect(parse(`email ${throttleWords(wanted)}`).throttle).toEqual(wanted)
      }),
    )
  })
})

describe('the end of a pause', () => {
  it('is split from it', () => {
    const split = splitThen(splitWords('email for 30m then 20/min for 1h'))
    expect(split?.pause.map(({ text }) => text)).toEqual(['email', 'for', '30m'])
    expect(parseThen(split?.slow ?? [])).toEqual({ ...rate(20, MINUTE_MS), forMs: HOUR_MS })
  })

  it('is none without `then`, nor in a quoted name', () => {
    expect(splitThen(splitWords('email for 30m'))).toBeNull()
    expect(splitThen(splitWords('"then" for 30m'))).toBeNull()
  })
})
