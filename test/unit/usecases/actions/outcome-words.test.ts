import { describe, expect, it } from 'vitest'

import type { JobAccounts } from '../../../../src/domain/ports/vault-store.ts'
import {
  isExplained,
  jobOutcomeWords,
  unfinishedWords,
} from '../../../../src/usecases/actions/jobs/outcome-words.ts'
import { aPlan, EMAIL, NOW } from '../../slack/render/builders.ts'

const accounts = (over: Partial<JobAccounts> = {}): JobAccounts => ({
  planned: 1200,
  done: 1200,
  skipped: 0,
  returned: 0,
  open: 0,
  reasons: {},
  ...over,
})

const words = (
  over: Partial<JobAccounts>,
  found: number | null = null,
  halt: Parameters<typeof jobOutcomeWords>[0]['halt'] = { stop: null, freeze: null, isLate: false },
): string =>
  jobOutcomeWords({ plan: aPlan(), ref: EMAIL, past: 'quarantined', halt }, accounts(over), {
    words: ' into `v7`',
    found,
  })

describe('the outcome of jobs', () => {
  it('says who did it to how many, and where they are', () => {
    expect(words({})).toBe('<@U0ANA> quarantined 1,200 jobs of `sales/email:send` into `v7`.')
  })

  it('says why others were left, in the order of reasons', () => {
    const skipped = { done: 1190, skipped: 10, reasons: { active: 7, gone: 3 } }
    expect(words(skipped)).toMatch(
      /quarantined 1,190 of 1,200 jobs .* 10 skipped: 3 no longer in the queue and 7 in the hands of a worker\.$/,
    )
  })

  it('says who ended it early', () => {
    const left = { done: 1199, returned: 1 }
    const by = { teamId: 'T1', userId: 'U0BEN' }
    expect(words(left)).toContain('It ended early: 1 job was not touched.')
    expect(words(left, null, { stop: { by, at: NOW }, freeze: null, isLate: false })).toContain(
      '<@U0BEN> stopped it: 1 job was not touched.',
    )
  })

  it('misses no job that is stuck again', () => {
    const halt = { stop: null, freeze: null, isLate: false }
    const told = (found: number) =>
      jobOutcomeWords(
        { plan: aPlan({ action: 'unstick' }), ref: EMAIL, past: 'unstuck', halt },
        accounts({ planned: 5, done: 5 }),
        { words: '', found },
      )
    expect(told(3)).toMatch(/unstuck 5 jobs .*\. 2 jobs have no worker again/)
    expect(told(4)).toContain('1 job has no worker again')
    expect(told(3)).not.toMatch(/add up|found/)
  })

  it('owns up where the numbers do not add up', () => {
    expect(words({}, 1199)).toContain(
      'The numbers do not add up: 1,200 were quarantined, 1,199 were found.',
    )
    expect(isExplained(accounts({ open: 1, done: 1199 }), null)).toBe(false)
    expect(isExplained(accounts({ done: 1190, skipped: 9, returned: 1 }), 1190)).toBe(true)
    expect(isExplained(accounts({ done: 1190, skipped: 9 }), null)).toBe(false)
  })

  it('says what is not known of what was given up', () => {
    expect(unfinishedWords(accounts({ done: 1000, returned: 100, open: 100 }))).toBe(
      'Of 1,200 jobs 1,000 were dealt with, 100 not touched; of 100 it is not known yet, and this is told as soon as their system answers.',
    )
    expect(unfinishedWords(accounts())).not.toContain('known')
  })
})
