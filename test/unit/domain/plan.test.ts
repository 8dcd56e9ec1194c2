import { describe, expect, it } from 'vitest'

import type { Plan, PlannedQueue } from '../../../src/domain/action.ts'
import {
  byQueue,
  driftOf,
  holdChoices,
  isReasonRequired,
  nextSlice,
  planHash,
  QUEUES_PER_SLICE,
  worstTier,
} from '../../../src/domain/plan.ts'
import { aPlan, aPlannedQueue, anOverview } from '../slack/render/builders.ts'

const MINUTE_MS = 60_000

describe('the length of a pause', () => {
  it('offers what was asked for as the default, and exactly one default', () => {
    for (const tier of ['medium', 'critical'] as const) {
      const choices = holdChoices(tier, 45 * MINUTE_MS)
      const defaults = choices.filter(({ isDefault }) => isDefault)
      expect(defaults).toEqual([{ holdMs: 45 * MINUTE_MS, isDefault: true }])
    }
  })

  it('is by default what one person may decide for a critical queue', () => {
    const chosen = holdChoices('critical', null).find(({ isDefault }) => isDefault)
    expect(chosen?.holdMs).toBe(15 * MINUTE_MS)
  })

  it('asks for a reason from T2 on', () => {
    expect([isReasonRequired('T1'), isReasonRequired('T2')]).toEqual([false, true])
  })
})

describe('the hash of a plan', () => {
  const plan = aPlan()
  const changes: Readonly<Record<string, Partial<Plan>>> = {
    action: { action: 'resume' },
    length: { holdMs: 1 },
    reason: { reason: 'another' },
    tier: { tier: 'T3' },
    person: { actor: { teamId: 'T0', userId: 'U0OTHER' } },
    queue: { queues: [aPlannedQueue({ ref: { system: 'sales', queue: 'other' } })] },
    counts: { queues: [aPlannedQueue({ before: anOverview({ stranded: 7 }) })] },
    holds: { queues: [aPlannedQueue({ holdIds: ['another'] })] },
  }

  it.each(Object.keys(changes))('is another with another %s', (what) => {
    expect(planHash({ ...plan, ...changes[what] })).not.toBe(planHash(plan))
  })

  it('is the same for what changes while it is carried out', () => {
    const later = { ...plan, state: 'done' as const, finishedAt: new Date() }
    expect(planHash(later)).toBe(planHash(plan))
  })
})

describe('drift', () => {
  const shown = aPlannedQueue({ before: waiting(1000), holdIds: ['h1'] })
  const now = (over: Partial<Parameters<typeof driftOf>[2]> = {}) => ({
    overview: waiting(1000),
    tier: shown.tier,
    holdIds: ['h1'],
    ...over,
  })

  it('is none while nothing changed, nor for a pause however many jobs wait', () => {
    expect(driftOf('resume', shown, now(), 0.25)).toBeNull()
    expect(driftOf('pause', shown, now({ overview: waiting(90_000) }), 0.25)).toBeNull()
  })

  it.each([
    ['jobs within the tolerance', waiting(1250), null],
    ['more jobs than that', waiting(1251), 'has 1,251 jobs that would run, not 1,000'],
    ['fewer jobs', waiting(1), null],
  ] as const)('of a resume with %s', (_, overview, words) => {
    expect(driftOf('resume', shown, now({ overview }), 0.25)).toBe(words)
  })

  it('does not count a handful of jobs in a small queue', () => {
    const few = aPlannedQueue({ before: waiting(3) })
    const more = { overview: waiting(103), tier: few.tier, holdIds: few.holdIds }
    expect(driftOf('resume', few, more, 0.25)).toBeNull()
  })

  it('is a hold of somebody else, for who would start the queue', () => {
    const held = now({ holdIds: ['h1', 'h2'] })
    expect(driftOf('resume', shown, held, 0.25)).toMatch(/held by somebody else/)
    expect(driftOf('pause', shown, held, 0.25)).toBeNull()
  })

  it('is a queue that others paused or resumed meanwhile', () => {
    const paused = anOverview({ isPaused: true })
    expect(driftOf('pause', shown, now({ overview: paused }), 1)).toBe('was paused meanwhile')
    const stopped = aPlannedQueue({ before: paused, holdIds: ['h1'] })
    expect(driftOf('resume', stopped, now(), 1)).toBe('was resumed meanwhile')
  })

  it('is another tier in the configuration', () => {
    expect(driftOf('pause', shown, now({ tier: 'critical' }), 1)).toMatch(/tier critical now/)
  })
})

describe('slices', () => {
  const queues = Array.from({ length: 60 }, (_, index) =>
    aPlannedQueue({ ref: { system: 's', queue: `q${String(index).padStart(2, '0')}` } }),
  )

  it('take what is not over, in order, some at a time', () => {
    const over = (state: PlannedQueue['state'], index: number): PlannedQueue['state'] =>
      index < 30 ? 'done' : state
    const rest = queues.map((queue, index) => ({ ...queue, state: over(queue.state, index) }))
    expect(nextSlice(queues)).toHaveLength(QUEUES_PER_SLICE)
    expect(nextSlice(rest)[0]?.ref.queue).toBe('q30')
    expect(nextSlice(rest.slice(0, 30))).toEqual([])
  })

  it('are in one order, whatever the order of asking', () => {
    expect(queues.toReversed().toSorted(byQueue)).toEqual(queues)
  })

  it('are as careful as the most critical queue', () => {
    expect(worstTier([aPlannedQueue({ tier: 'low' }), aPlannedQueue({ tier: 'high' })])).toBe(
      'high',
    )
  })
})

function waiting(count: number) {
  const { counts, ...rest } = anOverview()
  const none = { paused: 0, prioritized: 0 }
  return { ...rest, counts: { ...counts, ...none, waiting: count } }
}
