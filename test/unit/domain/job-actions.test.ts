import { describe, expect, it } from 'vitest'

import type { JobOptions } from '../../../src/domain/action.ts'
import { type PastEffect, tierOf } from '../../../src/domain/effect.ts'
import {
  isOfVault,
  type JobAction,
  jobEffect,
  jobsWords,
  possibleStates,
  sourceOf,
  usualStates,
} from '../../../src/domain/job-actions.ts'
import type { JobState } from '../../../src/domain/job.ts'
import type { QueueTier } from '../../../src/domain/queue.ts'

const REF = { system: 'main', queue: 'email' }

const decide = (
  action: JobAction,
  jobs: number,
  about: {
    readonly tier?: QueueTier
    readonly options?: JobOptions
    readonly state?: JobState
    readonly past?: readonly PastEffect[]
  } = {},
) => {
  const { tier = 'low', options = {}, state = 'failed', past = [] } = about
  const effect = jobEffect(action, jobs, { byState: { [state]: jobs }, options })
  return tierOf([{ ref: REF, tier, effect }], past).tier
}

describe('the tier of an action about jobs follows its effect', () => {
  it.each([
    ['quarantine', 1000, 'T2'],
    ['quarantine', 1001, 'T3'],
    ['move', 1001, 'T3'],
    ['retry', 50, 'T2'],
    ['retry', 51, 'T3'],
    ['release', 51, 'T3'],
    ['replay', 50, 'T2'],
    ['replay', 51, 'T3'],
    ['unstick', 50, 'T2'],
    ['promote', 1, 'T1'],
    ['promote', 2, 'T2'],
    ['promote', 51, 'T3'],
    ['prioritize', 5000, 'T2'],
    ['clean', 1, 'T3'],
    ['drain', 1, 'T3'],
    ['discard', 1, 'T3'],
  ] as const)('%s of %i jobs is %s', (action, jobs, tier) => {
    expect(decide(action, jobs)).toBe(tier)
  })

  it.each(['quarantine', 'prioritize'] as const)('%s on a critical queue is T3', (action) => {
    expect(decide(action, 1, { tier: 'critical' })).toBe('T3')
  })

  it('counts a release that puts failed jobs back among the failed as no run', () => {
    const options = { asItWas: true }
    expect(decide('release', 5000, { options })).toBe('T2')
    expect(decide('release', 5000, { options, state: 'waiting' })).toBe('T3')
    expect(decide('release', 5000, { options, state: 'completed' })).toBe('T2')
    expect(decide('release', 5000)).toBe('T3')
  })

  it('counts delayed jobs that are put back as runs: overdue ones are due at once', () => {
    const options = { asItWas: true }
    expect(decide('release', 50, { options, state: 'delayed' })).toBe('T2')
    expect(decide('release', 51, { options, state: 'delayed' })).toBe('T3')
    const effect = jobEffect('release', 90, { byState: { failed: 39, delayed: 51 }, options })
    expect(effect).toEqual({ kind: 'run', jobs: 51, isPromotion: false })
  })

  it('adds a release to the retries of the last hour', () => {
    const past = [
      { ref: REF, effect: { kind: 'run', jobs: 40, isPromotion: false } },
    ] satisfies readonly PastEffect[]
    expect(decide('release', 10, { past })).toBe('T2')
    expect(decide('release', 11, { past })).toBe('T3')
  })

  it('adds a quarantine to what was cleaned and drained', () => {
    const past = [
      { ref: REF, effect: { kind: 'clear', jobs: 500 } },
      { ref: REF, effect: { kind: 'destroy', jobs: 400 } },
    ] satisfies readonly PastEffect[]
    expect(decide('quarantine', 100, { past })).toBe('T2')
    expect(decide('quarantine', 101, { past })).toBe('T3')
  })
})

describe('jobs in words', () => {
  it('names the state of one kind, and the shares of several', () => {
    expect(jobsWords({ failed: 1 })).toBe('1 failed job')
    expect(jobsWords({ failed: 1310, waiting: 0 })).toBe('1,310 failed jobs')
    expect(jobsWords({ waiting: 30, delayed: 12 })).toBe('42 jobs (30 waiting, 12 delayed)')
    expect(jobsWords({ waiting: 450_000, delayed: 30_000 })).toBe(
      '480,000 jobs (450,000 waiting, 30,000 delayed)',
    )
    expect(jobsWords({})).toBe('no jobs')
  })
})

describe('the jobs of a replay', () => {
  const elsewhere = { target: { system: 'main', queue: 'aside' } }

  it('run in their queue, or leave it where they run elsewhere', () => {
    const effect = (options: JobOptions) => jobEffect('replay', 30, { byState: {}, options })
    expect(effect({})).toEqual({ kind: 'run', jobs: 30, isPromotion: false })
    expect(effect(elsewhere)).toEqual({ kind: 'leave', jobs: 30 })
  })

  it('are where the options say, in the states that can run from there', () => {
    const usual = (options: JobOptions) => [
      sourceOf('replay', options),
      usualStates('replay', options),
    ]
    expect(usual({})).toEqual(['queue', ['failed']])
    expect(usual({ vault: 7 })).toEqual(['vault', ['waiting', 'prioritized', 'delayed', 'failed']])
    expect(usual({ continues: 42 })[0]).toBe('plan')
    expect(possibleStates('replay', {})).toEqual(['failed'])
    expect(possibleStates('replay', { vault: 7 })).toContain('completed')
    expect(isOfVault('replay', {})).toBe(false)
    expect(isOfVault('replay', { isInVault: true })).toBe(true)
    expect([isOfVault('release', {}), isOfVault('retry', {})]).toEqual([true, false])
  })
})
