import { describe, expect, it } from 'vitest'

import { isRecovered, judge } from '../../../src/domain/recovery-judge.ts'
import { missingWords } from '../../../src/domain/recovery-words.ts'
import { joinedBy } from '../../../src/domain/recovery.ts'
import {
  after,
  aQueue,
  aRecovery,
  aSight,
  EMAIL,
  ended,
  LIMITS,
  MINUTE_MS,
  SMS,
  START,
  stateOf,
  watched,
} from '../../helpers/recovery-looks.ts'

describe('a checklist', () => {
  it('takes one job for no proof: the share is unknown until three have ended', () => {
    const idle = { queues: [aQueue(EMAIL, { ended: ended(0) })] }
    const one = judge(
      aRecovery(),
      aSight(5000, { queues: [aQueue(EMAIL, { ended: ended(1) })] }),
      LIMITS,
    )
    const full = watched(one, 65_000, idle)
    expect(full.goodMs).toBe(MINUTE_MS)
    expect(stateOf(full, 'success')).toBe('unknown')
    expect(missingWords(full)).toBe('Unknown: success share: 1 of 1 completed, too few to tell.')
    const two = judge(
      full,
      aSight(70_000, { queues: [aQueue(EMAIL, { ended: ended(2) })] }),
      LIMITS,
    )
    expect(isRecovered(two)).toBe(true)
  })

  it('begins anew while an alert fires', () => {
    const firing = judge(
      watched(aRecovery(), 50_000),
      aSight(55_000, { alerts: ['Backlog', '*x*'] }),
      LIMITS,
    )
    expect(firing).toMatchObject({ goodMs: 0, setback: { words: 'Backlog and ∗x∗ fire' } })
    expect(stateOf(watched(firing, 60_000), 'alerts')).toBe('pending')
    expect(isRecovered(watched(firing, 110_000))).toBe(false)
    expect(stateOf(watched(firing, 115_000), 'alerts')).toBe('good')
  })
})

describe('queues that join', () => {
  const joined = joinedBy(watched(aRecovery(), 50_000), [EMAIL, SMS], after(50_000))

  it('begin the time anew, each from when it came', () => {
    expect(joined).toMatchObject({
      refs: [EMAIL, SMS],
      goodMs: 0,
      since: after(50_000),
      setback: { words: '`sales/sms` joined' },
      tracks: [{ completed: 0 }, { ref: SMS, position: null, joinedAt: after(50_000) }],
    })
    const still = aQueue(SMS, { ended: ended(0), counts: { waiting: 40 } })
    const queues = [aQueue(EMAIL), still]
    const soon = judge(joined ?? aRecovery(), aSight(55_000, { queues }), LIMITS)
    expect(stateOf(soon, 'processing')).toBe('pending')
  })

  it('are none where all are known, or no more are looked at', () => {
    expect(joinedBy(aRecovery(), [EMAIL], START)).toBeNull()
    const many = Array.from({ length: 25 }, (_, index) => ({ ...SMS, queue: `q${index}` }))
    expect(joinedBy(aRecovery(), many, START)?.refs).toHaveLength(20)
  })
})
