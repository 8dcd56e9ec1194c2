import type { JobState } from './job.ts'

/** How a number is compared. */
export interface NumberTest {
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly value: number
}

/** What is asked of an error: the whole text, a pattern that is found in it, or a failure cluster by its key. */
export interface ErrorTest {
  readonly kind: 'exact' | 'pattern' | 'cluster'
  readonly text: string
}

/** A value inside the payload, e.g. `data.customer.id=42`. */
export interface PayloadTest {
  readonly path: readonly string[]
  readonly isNot: boolean
  /** Compared with strings as they are, with numbers, booleans and null as they are written in JSON; `*` is a wildcard. */
  readonly value: string
}

/**
 * Which jobs are meant: the same grammar for every action and list. All parts must hold; values within one
 * part are alternatives, but of comparisons (`>2`, `!=1`) and of what a payload must not have, each must hold.
 * Tests of payloads are one part for each path. An empty list or null asks nothing.
 */
export interface JobFilter {
  /** Empty: the states that the action is about. */
  readonly states: readonly JobState[]
  /** Exact, or with `*` for anything. */
  readonly types: readonly string[]
  readonly errors: readonly ErrorTest[]
  readonly payload: readonly PayloadTest[]
  /** In ms: since it failed or completed, else since it was added. */
  readonly olderMs: number | null
  readonly newerMs: number | null
  readonly attempts: readonly NumberTest[]
  readonly priority: readonly NumberTest[]
  readonly ids: readonly string[]
  /** Payloads that are no JSON; jobs that say the same as an earlier one. */
  readonly is: readonly ('corrupted' | 'duplicate')[]
  /** At most so many, the first in line; null for all. */
  readonly limit: number | null
}

export const NO_FILTER: JobFilter = {
  states: [],
  types: [],
  errors: [],
  payload: [],
  olderMs: null,
  newerMs: null,
  attempts: [],
  priority: [],
  ids: [],
  is: [],
  limit: null,
}
