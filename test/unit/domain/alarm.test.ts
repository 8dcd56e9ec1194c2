import { describe, expect, it } from 'vitest'

import { alarmsOf } from '../../../src/domain/alarm.ts'
import { aCounts, aRule, ago, anOverview, NOW } from '../slack/render/builders.ts'

const { thresholds } = aRule()
const calm = {
  counts: aCounts({ waiting: 10, failed: 1, active: 1 }),
  oldestWaitingAt: ago(1),
} as const
const alarms = (over: Parameters<typeof anOverview>[0]) => [
  ...alarmsOf(anOverview({ ...calm, ...over }), thresholds, NOW),
]

describe('what is alarming about a queue', () => {
  it.each([
    ['nothing', {}, []],
    ['depth', { counts: aCounts({ waiting: 5001, failed: 0 }) }, ['waiting']],
    ['failures', { counts: aCounts({ waiting: 1, failed: 51 }) }, ['failed']],
    ['age', { oldestWaitingAt: ago(31) }, ['oldest']],
    ['nobody at work', { workers: 0 }, ['no_workers']],
    ['nobody at work on purpose', { workers: 0, isPaused: true }, []],
    ['stranded jobs', { stranded: 2 }, ['stranded']],
    ['nothing of a queue that does not exist', { stranded: 2, isKnown: false }, []],
  ] as const)('%s', (_, over, expected) => {
    expect(alarms(over)).toEqual(expected)
  })
})
