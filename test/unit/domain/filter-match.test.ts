import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { errorIs } from '../../../src/domain/error-text.ts'
import { clusterOf } from '../../../src/domain/failure-cluster.ts'
import { parseFilterText } from '../../../src/domain/filter-grammar.ts'
import { compileFilter } from '../../../src/domain/filter-match.ts'
import { type JobFilter, NO_FILTER, type NumberTest } from '../../../src/domain/job-filter.ts'
import { JOB_STATES, type JobFacts } from '../../../src/domain/job.ts'
import { anyFilter } from '../../helpers/filters.ts'

const FILTER_PARTS = Object.keys(NO_FILTER)
const NOW = new Date('2026-11-22T12:00:00Z')
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000)

const aJob = (facts: Partial<JobFacts> = {}): JobFacts => ({
  id: '1',
  state: 'failed',
  type: 'whatsapp.send',
  addedAt: ago(7200),
  endedAt: ago(3600),
  attempts: 3,
  priority: 0,
  error: 'connect ETIMEDOUT 10.0.0.7:443',
  stack: null,
  data: '{"customer":{"id":42,"name":"Ana"},"tags":["new"],"none":null,"order":912345678901234567}',
  ...facts,
})

const means = (filter: string, facts: Partial<JobFacts> = {}): boolean =>
  compileFilter(parseFilterText(filter), NOW).matches(aJob(facts))

describe('a job is meant', () => {
  it.each([
    ['type:whatsapp.*', 'type:whatsapp', {}],
    ['type:w?a', 'type:w?', { type: 'w?a' }],
    ['error:~"ETIMEDOUT .*:443"', 'error:~etimedout', {}],
    ['error:"connect ETIMEDOUT 10.0.0.7:443"', 'error:"connect ETIMEDOUT"', {}],
    ['error:"connect ETIMEDOUT {host}"', 'error:"connect ETIMEDOUT {n}"', {}],
    ['error:"no user [redacted]"', 'error:"no user"', { error: 'no user ana@example.com' }],
    ['error:"two lines"', 'error:two', { error: 'two\nlines' }],
    ['error:~(?i)etimedout', 'error:ETIMEDOUT', {}],
    [`error:#${clusterOf(aJob()).key}`, 'error:#00000000', {}],
    ['data.customer.id=42', 'data.customer.id=4', {}],
    ['data.product.name=T*', 'data.product.name=tea', { data: '{"product":{"name":"Tea"}}' }],
    ['data.customer.name=Ana', 'data.customer.name=ana', {}],
    ['data.customer.id=41,42', 'data.customer.id!=41,42', {}],
    ['data.tags.0=new', 'data.tags=new', {}],
    ['data.tags=*', 'data.tags.1=*', {}],
    ['data.none=null', 'data.none.x=null', {}],
    ['data.missing!=1', 'data.missing=*', {}],
    ['data.order=912345678901234567', 'data.order=912345678901234568', {}],
    ['data.rate=0.12345678901234568', 'is:corrupted', { data: '{"rate":0.12345678901234568}' }],
    ['is:corrupted', 'data.a!=1', { data: '{1234567890123456:1}' }],
    ['data.constructor!=*', 'data.__proto__=*', {}],
    ['older:1h', 'newer:1h', {}],
    ['older:2h newer:3h', 'older:3h', { endedAt: null }],
    ['attempts:>2 attempts:<4', 'attempts:>2 attempts:<3', {}],
    ['attempts:1,3', 'attempts!=1,3', {}],
    ['priority:0', 'priority:>0', {}],
    ['is:corrupted', 'data.a!=1', { data: '{"a":' }],
  ] as const)('by %s, not by %s', (yes, no, facts) => {
    expect([means(yes, facts), means(no, facts)]).toEqual([true, false])
  })

  it.each([
    ['error:~"password=.redacted"', 'error:~hunt', { error: 'password=hunter2' }],
    ['error:~"by .redacted"', 'error:~ana@', { error: 'by ana@example.com' }],
    ['data.note="by [redacted]*"', 'data.note="by a*"', { data: '{"note":"by ana@example.com"}' }],
    ['data.n="[redacted]*"', 'data.n=4111*', { data: '{"n":4111111111111111}' }],
    ['data.pin=1234', 'data.pin=1235', { data: '{"pin":1234}' }],
  ] as const)('by what is shown of it or as a whole: by %s, not by %s', (yes, no, facts) => {
    expect([means(yes, facts), means(no, facts)]).toEqual([true, false])
  })

  it('only by what was read of it', () => {
    const unread = { error: null, data: null, addedAt: null, endedAt: null }
    for (const filter of ['error:~.', 'data.a!=1', 'is:corrupted', 'older:1s', 'newer:1s'])
      expect(means(filter, unread)).toBe(false)
  })

  it('as a duplicate of an earlier one, but not of itself met again', () => {
    const { matches } = compileFilter(parseFilterText('is:duplicate newer:30m'), NOW)
    const old = aJob({ id: '1' })
    const recent = { endedAt: ago(60) }
    expect(matches(old)).toBe(false)
    expect(matches(aJob({ id: '2', ...recent }))).toBe(true)
    expect(matches(aJob({ id: '1', ...recent }))).toBe(false)
    expect(matches(aJob({ id: '3', type: 'other', ...recent }))).toBe(false)
  })
})

it('says what must be read', () => {
  const needs = (filter: string) => compileFilter(parseFilterText(filter), NOW).needs
  expect(needs('type:a older:1h')).toEqual({ data: false, error: false, stack: false })
  expect(needs('error:~a')).toEqual({ data: false, error: true, stack: false })
  expect(needs('error:#a1b2c3')).toEqual({ data: false, error: true, stack: true })
  expect(needs('is:duplicate').data && needs('data.a=1').data).toBe(true)
})

it('says which types can match at all', () => {
  const types = (filter: string) => compileFilter(parseFilterText(filter), NOW).exactTypes
  expect(types('type:a,b')).toEqual(['a', 'b'])
  expect(types('type:a,b*')).toBeNull()
  expect(types('older:1h')).toBeNull()
})

// The same filters, read as plainly as can be.

const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}/-]/g, '\\$&'))
      .join('.*')}$`,
    's',
  )

const compare = (a: number, { op, value: b }: NumberTest): boolean => {
  if (op.includes('=') && a === b) return op !== '!='
  return op === '!=' || (op.startsWith('<') && a < b) || (op.startsWith('>') && a > b)
}

function numberHolds(value: number, tests: readonly NumberTest[]): boolean {
  const isListed = tests.some(({ op }) => op === '=')
  return isListed
    ? tests.some((test) => compare(value, test))
    : tests.every((test) => compare(value, test))
}

function parsed(data: string | null): unknown {
  try {
    return data === null ? undefined : JSON.parse(data)
  } catch {
    return undefined
  }
}

function payloadHolds(data: string | null, tests: JobFilter['payload']): boolean {
  const root = parsed(data)
  const fits = ({ path, value }: JobFilter['payload'][number]): boolean => {
    let found: unknown = root
    for (const step of path) {
      const entries = typeof found === 'object' && found !== null ? Object.entries(found) : []
      found = entries.find(([key]) => key === step)?.[1]
    }
    if (typeof found === 'object' && found !== null) return value === '*'
    const text = typeof found === 'string' ? found : JSON.stringify(found)
    return found !== undefined && glob(value).test(text)
  }
  return tests.every(({ path, isNot }) => {
    const alike = tests.filter(
      (test) => test.isNot === isNot && JSON.stringify(test.path) === JSON.stringify(path),
    )
    return root !== undefined && alike.some(fits) !== isNot
  })
}

const errorHolds = (job: JobFacts, errors: JobFilter['errors']): boolean =>
  errors.length === 0 ||
  errors.some(({ kind, text }) => {
    if (kind === 'cluster')
      return (job.error !== null || job.state === 'failed') && clusterOf(job).key.startsWith(text)
    if (job.error === null) return false
    if (kind === 'exact') return errorIs(text)(job.error)
    return new RegExp(text.replace('(?i)', ''), text.startsWith('(?i)') ? 'i' : '').test(job.error)
  })

const ageHolds = (job: JobFacts, { olderMs, newerMs }: JobFilter): boolean => {
  const since = job.endedAt ?? job.addedAt
  if (since === null) return olderMs === null && newerMs === null
  const isOld = olderMs === null || since.getTime() + olderMs <= NOW.getTime()
  return isOld && (newerMs === null || since.getTime() + newerMs > NOW.getTime())
}

function propertyHolds(job: JobFacts, earlier: readonly JobFacts[], is: JobFilter['is']): boolean {
  const isTwin = (other: JobFacts): boolean => other.type === job.type && other.data === job.data
  const first = job.data === null ? undefined : earlier.find(isTwin)
  if (is.includes('duplicate') && first !== undefined && first.id !== job.id) return true
  const isCorrupted = job.data !== null && parsed(job.data) === undefined
  return is.length === 0 || (is.includes('corrupted') && isCorrupted)
}

const among = (wanted: readonly string[], value: string): boolean =>
  wanted.length === 0 || wanted.some((one) => one === value)

const plainly = (filter: JobFilter, jobs: readonly JobFacts[]): readonly JobFacts[] =>
  jobs.filter(
    (job, index) =>
      among(filter.states, job.state) &&
      among(filter.ids, job.id) &&
      (filter.types.length === 0 || filter.types.some((type) => glob(type).test(job.type))) &&
      numberHolds(job.attempts, filter.attempts) &&
      numberHolds(job.priority, filter.priority) &&
      ageHolds(job, filter) &&
      errorHolds(job, filter.errors) &&
      payloadHolds(job.data, filter.payload) &&
      propertyHolds(
        job,
        jobs.slice(0, index).filter(({ state }) => among(filter.states, state)),
        filter.is,
      ),
  )

const aDate = fc.option(fc.integer({ min: 0, max: 200 }).map(ago))
const data = fc.oneof(
  fc.constantFrom('{"a":1}', '{"a":"1","b":{"0":true}}', '[{"a":null}]', '{"a":', '', '"a"'),
  fc.json({ maxDepth: 2 }),
)
const anyJob: fc.Arbitrary<JobFacts> = fc.record({
  id: fc.constantFrom('a', 'b', '', 'a,b', 'x y'),
  state: fc.constantFrom(...JOB_STATES),
  type: fc.constantFrom('a', 'b', 'ab', 'a:b', 'whatsapp.send', 'x\ny'),
  addedAt: aDate,
  endedAt: aDate,
  attempts: fc.nat({ max: 4 }),
  priority: fc.nat({ max: 4 }),
  error: fc.option(fc.constantFrom('a', 'A', 'x y', 'aa,b', '#a1b2c3', '', '"5"')),
  stack: fc.option(fc.constantFrom('Error: a\n    at send (/app/send.js:1:2)')),
  data: fc.option(data),
})

/** One or two parts of a filter: all of them at once mean no job at all. */
const narrowed = fc
  .tuple(anyFilter, fc.uniqueArray(fc.constantFrom(...FILTER_PARTS), { maxLength: 2 }))
  .map(([filter, parts]): JobFilter => {
    const kept = Object.entries(filter).filter(([part]) => parts.some((one) => one === part))
    return { ...NO_FILTER, ...Object.fromEntries(kept) }
  })

it('agrees with a plain reading of the same jobs', () => {
  let meant = 0
  fc.assert(
    fc.property(
      fc.oneof(narrowed, anyFilter),
      fc.array(anyJob, { maxLength: 12 }),
      (filter, jobs) => {
        const { matches } = compileFilter(filter, NOW)
        const found = jobs.filter(matches)
        expect(found).toEqual(plainly(filter, jobs))
        meant += found.length
      },
    ),
    { numRuns: 500 },
  )
  expect(meant).toBeGreaterThan(100)
})
