import { describe, expect, it } from 'vitest'

import { formErrors, type Submission } from '../../../../src/slack/listeners/submission.ts'

const aSubmission = (over: Partial<Submission> = {}): Submission => ({
  planId: '4f9b3bc0-6a3e-4d0a-8c0c-2f6a8d1f1d11',
  action: 'pause',
  isReasonRequired: false,
  reasonFor: ['open'],
  canBreakGlass: true,
  places: [],
  viewId: 'V1',
  reason: null,
  hold: null,
  wantedPhrase: null,
  phrase: null,
  isBreakGlass: false,
  ...over,
})

const faults = (over: Partial<Submission>): string =>
  Object.values(formErrors(aSubmission(over)) ?? {}).join(' ')

describe('what is wrong with a form is said in the form', () => {
  it('a reason that is missing where one is needed', () => {
    expect(faults({})).toBe('')
    expect(faults({ isReasonRequired: true, reason: '  ' })).toMatch(/A short reason is needed/)
    expect(faults({ hold: 'open' })).toMatch(/A short reason is needed/)
    expect(faults({ isReasonRequired: true, reason: 'x' })).toBe('')
  })

  it('a justification that is too short to explain anything', () => {
    const short = { isBreakGlass: true, reason: ' urgent   ' }
    expect(faults(short)).toMatch(/why it cannot wait for an approval, in 10 characters or more/)
    expect(faults({ isBreakGlass: true })).toMatch(/why it cannot wait/)
    expect(faults({ isBreakGlass: true, reason: 'money is lost' })).toBe('')
  })

  it('a phrase that is not the one', () => {
    expect(faults({ wantedPhrase: 'DRAIN email', phrase: 'DRAIN' })).toBe(
      'Type DRAIN email, exactly.',
    )
    expect(faults({ wantedPhrase: 'DRAIN email', phrase: 'DRAIN email' })).toBe('')
  })
})
