import { describe, expect, it } from 'vitest'

import { effectLine } from '../../../../src/slack/render/plan-numbers.ts'
import { aCounts, anOverview, aPlannedQueue } from './builders.ts'

describe('what a plan changes, in a line', () => {
  const of = (action: 'pause' | 'resume', waiting: number, active: number): string => {
    const before = anOverview({ counts: aCounts({ waiting, active }) })
    return effectLine({ action, queues: [aPlannedQueue({ before })], jobs: null, throttle: null })
  }

  it.each([
    [
      2,
      1,
      'Workers take no more jobs. 1 running job will finish; 2 waiting jobs and new ones stay in line.',
    ],
    [2, 0, 'Workers take no more jobs. 2 waiting jobs and new ones stay in line.'],
    [0, 1, 'Workers take no more jobs. 1 running job will finish; new ones stay in line.'],
    [0, 0, 'Workers take no more jobs; new ones stay in line.'],
  ])('counts of a pause only what is there: %i waiting, %i running', (waiting, active, line) => {
    expect(of('pause', waiting, active)).toBe(line)
  })

  it('says of a start how many jobs may run, or that none waits', () => {
    expect(of('resume', 2, 0)).toBe('Workers may take 2 waiting jobs at once.')
    expect(of('resume', 0, 0)).toBe('Nothing waits; workers take new jobs as they come.')
  })
})
