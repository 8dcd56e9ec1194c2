import { describe, expect, it } from 'vitest'

import {
  canaryWords,
  countCanary,
  failureShareUpTo,
  withOutcomes,
  type Canary,
  type CanaryOutcome,
} from '../../../src/domain/canary.ts'
import { errorShape } from '../../../src/domain/failure-cluster.ts'
import type { JobOutcome } from '../../../src/domain/ports/job-operator.ts'

const BEGAN = new Date('2026-11-02T10:00:00Z')
const UNTIL = new Date('2026-11-02T10:10:00Z')

const canaryOf = (...outcomes: readonly CanaryOutcome[]): Canary => ({
  planId: 'p',
  planNumber: 7,
  vault: 3,
  ref: { system: 'main', queue: 'email' },
  by: 'U1',
  beganAt: BEGAN.toISOString(),
  until: UNTIL.toISOString(),
  endedAt: null,
  jobs: outcomes.map((outcome, n) => ({
    id: `${n}`,
    type: 'send',
    before: errorShape('connect ETIMEDOUT 10.0.0.7:443'),
    outcome,
  })),
})

const OPEN: CanaryOutcome = { kind: 'waiting' }
const DONE: CanaryOutcome = { kind: 'completed' }
const AGAIN: CanaryOutcome = { kind: 'failed', isKnown: true, shape: 'x' }
const OTHER: CanaryOutcome = { kind: 'failed', isKnown: false, shape: 'y' }
const seen = (...outcomes: readonly JobOutcome[]) =>
  new Map(outcomes.map((outcome, n) => [`${n}`, outcome]))

describe('the outcomes of a canary', () => {
  it('tell the error of before from another one, whatever numbers are in it', () => {
    const { jobs } = withOutcomes(
      canaryOf(OPEN, OPEN),
      seen(
        { kind: 'failed', error: 'connect ETIMEDOUT 10.1.2.3:443' },
        { kind: 'failed', error: 'no user jane.hunter2@example.com' },
      ),
      BEGAN,
    )
    expect(jobs.map(({ outcome }) => 'isKnown' in outcome && outcome.isKnown)).toEqual([
      true,
      false,
    ])
    expect(JSON.stringify(jobs)).not.toContain('hunter2')
  })

  it('are kept once a job ended, though nothing is left of it', () => {
    const later = withOutcomes(
      canaryOf(DONE, OPEN),
      seen({ kind: 'unseen' }, { kind: 'unseen' }),
      BEGAN,
    )
    expect(later.jobs.map(({ outcome }) => outcome.kind)).toEqual(['completed', 'unseen'])
    expect(later.endedAt).toBeNull()
  })

  it('are complete when every job ended, or the time is over', () => {
    const over = withOutcomes(canaryOf(OPEN), seen({ kind: 'completed' }), BEGAN)
    expect(over.endedAt).toBe(BEGAN.toISOString())
    expect(withOutcomes(canaryOf(OPEN), new Map(), UNTIL).endedAt).toBe(UNTIL.toISOString())
  })

  it('are counted by what they mean', () => {
    const { jobs } = canaryOf(DONE, AGAIN, OTHER, OPEN, { kind: 'unseen' }, { kind: 'active' })
    expect(countCanary(jobs)).toEqual({ completed: 1, known: 1, fresh: 1, open: 3 })
  })
})

describe('what a canary proves', () => {
  it.each([
    [0, 10, 0.2589],
    [0, 20, 0.1391],
    [0, 50, 0.0582],
    [1, 10, 0.3942],
    [3, 10, 0.6066],
    [10, 10, 1],
    [0, 0, 1],
  ])('after %i failures in %i', (failed, judged, share) => {
    expect(failureShareUpTo(failed, judged)).toBeCloseTo(share, 3)
  })

  it('is said with what was seen, and not said too well', () => {
    const ten = (...outcomes: readonly CanaryOutcome[]) =>
      canaryOf(...outcomes, ...Array.from({ length: 10 - outcomes.length }, () => DONE))
    expect(canaryWords(ten())).toBe(
      '10 of 10 jobs completed. At 95 % confidence, up to 26 % of jobs like these may still fail.',
    )
    expect(canaryWords(ten(AGAIN, AGAIN, OTHER))).toBe(
      '7 of 10 jobs completed and 3 failed (2 with the same error as before and 1 with another one). At 95 % confidence, up to 61 % of jobs like these may fail.',
    )
    expect(canaryWords(canaryOf(OPEN, OPEN))).toBe(
      '0 of 2 jobs completed and 2 were not seen to end. That proves nothing.',
    )
    expect(canaryWords(canaryOf(AGAIN))).toContain('has to be expected to fail')
  })
})
