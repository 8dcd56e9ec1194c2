import fc from 'fast-check'

import type { JobFilter, NumberTest } from '../../src/domain/job-filter.ts'
import { JOB_STATES } from '../../src/domain/job.ts'
import { isHiddenPath } from '../../src/domain/redaction.ts'

/** What is typed by hand, and what comes out of queues: quotes, commas, markup, signs that mean something. */
const text = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'whatsapp.send',
    'a:b',
    'x y',
    '#a1b2c3',
    '~x',
    '>2',
    'a,b',
    '&lt;',
    '<b>',
  ),
  fc.string({ unit: fc.constantFrom(...`ab"'\`“”’,.:=!<>#~*\\ \n`), maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
)

const pattern = fc.constantFrom('a', 'a|b', 'x y', '"', 'a{1,2}', '(?i)A', '^#', '\\d+', ',')

const error: fc.Arbitrary<JobFilter['errors'][number]> = fc.oneof(
  fc.record({ kind: fc.constant('exact' as const), text }),
  fc.record({ kind: fc.constant('pattern' as const), text: pattern }),
  fc.record({ kind: fc.constant('cluster' as const), text: fc.constantFrom('0a1b2c', '1a2b3c4d') }),
)

const payload = fc
  .record({
    path: fc.array(fc.oneof(fc.constantFrom('a', 'b', '0', 'x-y'), text), {
      minLength: 1,
      maxLength: 3,
    }),
    isNot: fc.boolean(),
    value: fc.oneof(fc.constantFrom('1', 'true', 'null', '*', 'a*'), text),
  })
  .filter(({ path }) => !isHiddenPath(path))

const value = fc.nat({ max: 4 })
const numbers = (...ops: readonly NumberTest['op'][]) =>
  fc.array(fc.record({ op: fc.constantFrom(...ops), value }), { maxLength: 2 })
const numberTests = fc.oneof(numbers('='), numbers('!=', '<', '<=', '>', '>='))

const seconds = (most: number) => fc.option(fc.integer({ min: 1, max: most }).map((s) => s * 1000))

/** Every filter that can be typed and asks for nothing hidden, with small numbers, so that they meet small jobs. */
export const anyFilter: fc.Arbitrary<JobFilter> = fc
  .record({
    states: fc.uniqueArray(fc.constantFrom(...JOB_STATES), { maxLength: 2 }),
    types: fc.uniqueArray(fc.oneof(fc.constantFrom('a', 'a*', '*b'), text), { maxLength: 2 }),
    errors: fc.array(error, { maxLength: 2 }),
    payload: fc.array(payload, { maxLength: 2 }),
    olderMs: seconds(200),
    newerMs: seconds(200),
    attempts: numberTests,
    priority: numberTests,
    ids: fc.uniqueArray(text, { maxLength: 2 }),
    is: fc.uniqueArray(fc.constantFrom('corrupted' as const, 'duplicate' as const)),
    limit: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  })
  .filter(({ olderMs, newerMs }) => olderMs === null || newerMs === null || olderMs < newerMs)
