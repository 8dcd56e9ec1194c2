import { hash } from 'node:crypto'

import { errorFits, errorIs } from './error-text.ts'
import { makeClusterer } from './failure-cluster.ts'
import { parsePayload, payloadTest } from './filter-payload.ts'
import type { ErrorTest, JobFilter, NumberTest } from './job-filter.ts'
import type { JobFacts } from './job.ts'
import { hasWildcard, wildcard } from './wildcard.ts'

/** A filter made ready for one pass over jobs. */
export interface CompiledFilter {
  /** What must be read of each job; the rest may be null. */
  readonly needs: { readonly data: boolean; readonly error: boolean; readonly stack: boolean }
  /** Set where only these types can match, so that others need not be looked at. */
  readonly exactTypes: readonly string[] | null
  /** Ask once for each job, in the order of the pass: duplicates are what an earlier job said already. */
  readonly matches: (facts: JobFacts) => boolean
}

type Test = (facts: JobFacts) => boolean

/**
 * Ages count from `now`: since a job ended, else since it was added; a job without either fits no age. A
 * payload or an error that was not read fits nothing, not even `!=`. The limit is left to the caller.
 */
export function compileFilter(filter: JobFilter, now: Date): CompiledFilter {
  const { states, ids, types, payload, is } = filter
  const repeats = is.includes('duplicate') ? memory() : null
  const stateTests = oneOf(states, ({ state }) => state)
  const tests: readonly Test[] = [
    ...oneOf(ids, ({ id }) => id),
    ...typeTests(types),
    ...numberTests(filter.attempts, ({ attempts }) => attempts),
    ...numberTests(filter.priority, ({ priority }) => priority),
    ...ageTests(filter, now),
    ...errorTests(filter.errors),
  ]
  const dataTest = dataTestOf(filter)
  return {
    needs: {
      data: payload.length > 0 || is.length > 0,
      error: filter.errors.length > 0,
      stack: filter.errors.some(({ kind }) => kind === 'cluster'),
    },
    exactTypes: types.length === 0 || types.some(hasWildcard) ? null : types,
    matches: (facts) => {
      if (!stateTests.every((test) => test(facts))) return false
      // Remembered first: an earlier twin counts even where the rest of the filter does not mean it.
      const isRepeat = repeats?.(facts) ?? false
      return tests.every((test) => test(facts)) && dataTest(facts.data, isRepeat)
    },
  }
}

function oneOf(wanted: readonly string[], read: (facts: JobFacts) => string): readonly Test[] {
  const known = new Set(wanted)
  return known.size === 0 ? [] : [(facts) => known.has(read(facts))]
}

function typeTests(types: readonly string[]): readonly Test[] {
  const patterns = types.filter(hasWildcard).map(wildcard)
  if (patterns.length === 0) return oneOf(types, ({ type }) => type)
  const exact = new Set(types)
  return [({ type }) => exact.has(type) || patterns.some((fits) => fits(type))]
}

const COMPARE: Readonly<Record<NumberTest['op'], (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

function numberTests(
  tests: readonly NumberTest[],
  read: (facts: JobFacts) => number,
): readonly Test[] {
  const listed = tests.filter(({ op }) => op === '=').map(({ value }) => value)
  const compared = tests.filter(({ op }) => op !== '=')
  return [
    ...(listed.length === 0 ? [] : [(facts: JobFacts) => listed.includes(read(facts))]),
    ...compared.map(
      ({ op, value }): Test =>
        (facts) =>
          COMPARE[op](read(facts), value),
    ),
  ]
}

function ageTests({ olderMs, newerMs }: JobFilter, now: Date): readonly Test[] {
  const ageOf = ({ endedAt, addedAt }: JobFacts): number =>
    now.getTime() - (endedAt ?? addedAt ?? new Date(Number.NaN)).getTime()
  return [
    ...(olderMs === null ? [] : [(facts: JobFacts) => ageOf(facts) >= olderMs]),
    ...(newerMs === null ? [] : [(facts: JobFacts) => ageOf(facts) < newerMs]),
  ]
}

function errorTests(errors: readonly ErrorTest[]): readonly Test[] {
  if (errors.length === 0) return []
  const clusterOf = makeClusterer()
  const tests = errors.map(({ kind, text }): Test => {
    if (kind === 'cluster')
      return (facts) => hasFailed(facts) && clusterOf(facts).key.startsWith(text)
    const holds = kind === 'exact' ? errorIs(text) : errorFits(text)
    return ({ error }) => error !== null && holds(error)
  })
  return [(facts) => tests.some((test) => test(facts))]
}

/** An empty error is one, too: it has a cluster like any other. */
const hasFailed = ({ state, error }: JobFacts): boolean => state === 'failed' || error !== null

/** What a payload says, that it says nothing, or that it says the same as an earlier one. */
function dataTestOf({
  payload,
  is,
}: JobFilter): (data: string | null, isRepeat: boolean) => boolean {
  if (payload.length === 0 && is.length === 0) return () => true
  const says = payloadTest(payload)
  return (data, isRepeat) => {
    if (data === null) return false
    if (payload.length > 0) return (is.length === 0 || isRepeat) && says(parsePayload(data))
    return isRepeat || (is.includes('corrupted') && parsePayload(data) === null)
  }
}

const DIGEST_LENGTH = 22

/** Did an earlier job have this type and payload? A job that is met twice is not its own duplicate. */
function memory(): Test {
  const first = new Map<string, string>()
  return ({ id, type, data }) => {
    if (data === null) return false
    // 128 bits of it: half a million jobs take 60 MB, and no two different ones meet.
    const digest = hash('sha256', `${type.length}:${type}${data}`, 'base64').slice(0, DIGEST_LENGTH)
    const earlier = first.get(digest)
    if (earlier === undefined) first.set(digest, id)
    return earlier !== undefined && earlier !== id
  }
}
