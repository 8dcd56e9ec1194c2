import type { KnownBlock } from '@slack/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { PlannedJobs } from '../../../../src/domain/action.ts'
import type { PlannedReplay } from '../../../../src/domain/replay.ts'
import { planModal } from '../../../../src/slack/render/plan-modal.ts'
import { hostile } from './arbitrary.ts'
import {
  aCounts,
  ago,
  anOverview,
  aPlan,
  aPlannedQueue,
  aPlanView,
  LOCALE,
  readable,
} from './builders.ts'
import { counterexample } from './counterexample.ts'

const aReplay = (over: Partial<PlannedReplay> = {}): PlannedReplay => ({
  ramp: {
    steps: [{ jobs: 10 }, { share: 1 }],
    inFlight: 500,
    perMinute: 20,
    watchMs: 30_000,
    patienceMs: 600_000,
    promotes: 'itself',
    success: 0.95,
  },
  waves: [10, 990],
  strata: [
    { type: 'send', shape: 'ETIMEDOUT {host}', jobs: 960 },
    { type: 'send', shape: 'no such template', jobs: 30 },
    { type: 'report', shape: null, jobs: 10 },
  ],
  looked: 1000,
  canary: { a: 0, b: 0, c: 0, d: 1 },
  ...over,
})

describe('a preview of a replay', () => {
  const shown = (replay: PlannedReplay, over: Partial<PlannedJobs> = {}, scope = 'v7') => {
    const jobs: PlannedJobs = {
      filter: '',
      count: 1000,
      digest: 'd',
      byState: { failed: 1000 },
      oldestAt: ago(32),
      newestAt: ago(2),
      foreseen: {},
      options: {},
      replay,
      ...over,
    }
    const before = anOverview({ counts: aCounts({ failed: 1000, waiting: 400 }) })
    const queues = [aPlannedQueue({ before, jobs: jobs.count })]
    const plan = aPlan({ action: 'replay', scope, jobs, holdMs: null, queues })
    return planModal(aPlanView({ plan, holds: [], choices: [] }), LOCALE)
  }
  const text = (replay: PlannedReplay, over: Partial<PlannedJobs> = {}) =>
    readable({ blocks: shown(replay, over).blocks as KnownBlock[] })

  it('says the waves, their limits, what lets them go on, and whom the first one stands for', () => {
    const said = text(aReplay())
    expect(said).toContain('*Waves* 10 → 990 · at most 500 at once, 20 per min')
    expect(said).toMatch(/\*Goes on by itself\* if 95 % complete, no new error.*30 s watched/)
    expect(said).toContain(
      '*First 10*: 3 × `ETIMEDOUT {host}` `send` · 1 × `no such template` `send` · none of 1 rarer cause',
    )
    expect(said).toContain('400 jobs wait there: what is replayed goes ahead.')
    expect(said).toContain('replay v7 ramp 10,100% 500 at once 20/min watch 30s')
    expect(shown(aReplay()).title.text).toBe('Replay 1,000 jobs')
  })

  it('says who promotes, and what stands behind what waits', () => {
    const { ramp } = aReplay()
    const said = text(aReplay({ ramp: { ...ramp, promotes: 'person', inFlight: null } }))
    expect(said).toContain('*Each wave waits for a click*')
    expect(said).toContain('goes ahead, but for the last wave.')
    const fast = text(aReplay({ ramp: { ...ramp, perMinute: 1200 } }))
    expect(fast).toContain('1,200 per min')
  })

  it('says how often each job is tried, and what becomes of what fails again', () => {
    expect(text(aReplay())).toContain(
      'Each is tried once more; what fails again goes to the vault with its new error.',
    )
    expect(text(aReplay(), { options: { resetsAttempts: true } })).toContain(
      'Each is tried as if new, with all its attempts; what fails again',
    )
  })

  it('is short enough for a phone', () => {
    const lines = text(aReplay()).split('\n')
    expect(lines.length).toBeLessThanOrEqual(16)
  })

  it('calls a single wave one, and names where jobs come from and go to', () => {
    const alone = aReplay({ waves: [10], looked: 500 })
    const said = text(alone, {
      count: 10,
      options: { continues: 41, target: { system: 'sales', queue: 'aside' } },
    })
    expect(said).toContain('*One wave* 10')
    expect(said).toContain('that plan 41 left')
    expect(said).toContain('They run again in `sales/aside`, spread over their errors')
    expect(said).not.toContain('400 jobs wait there')
  })

  it('stays within the limits whatever jobs and errors are called', () => {
    const strata = fc.array(
      fc.record({ type: hostile, shape: fc.option(hostile), jobs: fc.nat() }),
      { maxLength: 20 },
    )
    const replays = fc
      .record({ strata, waves: fc.array(fc.nat(500_000), { minLength: 1, maxLength: 10 }) })
      .map((over) =>
        aReplay({
          ...over,
          canary: Object.fromEntries(over.strata.map((_, index) => [`j${index}`, index])),
        }),
      )
    const views = fc.record({ replay: replays, scope: hostile })
    expect(counterexample(views, ({ replay, scope }) => shown(replay, {}, scope))).toBeNull()
  })
})
