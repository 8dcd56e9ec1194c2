import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { countsAsPlanned } from '../../../src/domain/accounting.ts'
import type { Counts, QueueOverview } from '../../../src/domain/queue.ts'

const NONE: Counts = {
  waiting: 0,
  active: 0,
  delayed: 0,
  prioritized: 0,
  failed: 0,
  completed: 0,
  waitingChildren: 0,
  paused: 0,
}

const queue = (
  counts: Partial<Counts>,
  { workers = 1, isKnown = true }: { workers?: number | null; isKnown?: boolean } = {},
): QueueOverview => ({
  ref: { system: 'sales', queue: 'email' },
  isKnown,
  counts: { ...NONE, ...counts },
  isPaused: false,
  throttle: { rate: null, concurrency: null },
  workers,
  oldestWaitingAt: null,
  stranded: 0,
  libraryVersion: null,
})

const noWorkers = { workers: 0 }

describe('no job is missing', () => {
  it.each<[string, Partial<Counts>, Partial<Counts>]>([
    ['what waited is set aside', { waiting: 20, prioritized: 5 }, { paused: 20, prioritized: 5 }],
    ['what is set aside waits again', { paused: 20 }, { waiting: 20 }],
    [
      'jobs became active, and ended',
      { waiting: 20 },
      { waiting: 10, active: 4, completed: 5, failed: 1 },
    ],
    ['delayed jobs fell due', { delayed: 7 }, { waiting: 7 }],
    ['failed jobs were retried', { failed: 7 }, { waiting: 7 }],
    ['jobs were added', { waiting: 20 }, { waiting: 25 }],
    [
      'old completed jobs were trimmed',
      { waiting: 20, completed: 900 },
      { waiting: 20, completed: 400 },
    ],
    ['a parent waits for its children', { active: 1 }, { waitingChildren: 1 }],
  ])('%s', (_, before, after) => {
    for (const workers of [0, 1, null]) {
      const { isAsPlanned, words } = countsAsPlanned(
        queue(before, { workers }),
        queue(after, { workers }),
      )
      expect(words).toMatch(/^No job is missing by the count: /)
      expect(isAsPlanned).toBe(true)
    }
  })

  it('says how many there were and are', () => {
    expect(
      countsAsPlanned(queue({ waiting: 1310 }), queue({ paused: 1200, completed: 108, failed: 2 }))
        .words,
    ).toBe(
      'No job is missing by the count: 1,310 unfinished jobs before, 1,200 after, 108 more completed, 2 more failed.',
    )
  })
})

describe('the counts cannot tell', () => {
  it.each<[string, QueueOverview, QueueOverview]>([
    ['a worker may remove jobs as they end', queue({ waiting: 25 }), queue({ waiting: 5 })],
    [
      'workers cannot be seen',
      queue({ waiting: 25 }, { workers: null }),
      queue({ waiting: 5 }, noWorkers),
    ],
    ['a worker came between', queue({ waiting: 25 }, noWorkers), queue({ waiting: 5 })],
    ['a job was active', queue({ active: 1 }, noWorkers), queue({}, noWorkers)],
    [
      'failed jobs may hide as many lost ones',
      queue({ waiting: 20, failed: 9 }, noWorkers),
      queue({ waiting: 20 }, noWorkers),
    ],
  ])('%s', (_, before, after) => {
    const { isAsPlanned, words } = countsAsPlanned(before, after)
    expect(isAsPlanned).toBeNull()
    expect(words).toMatch(/^The counts cannot tell whether a job is missing: /)
  })
})

describe('jobs are missing', () => {
  it('where nobody can have worked', () => {
    const lost = countsAsPlanned(
      queue({ waiting: 25 }, noWorkers),
      queue({ waiting: 5 }, noWorkers),
    )
    expect(lost).toEqual({
      isAsPlanned: false,
      words:
        '20 jobs are missing: 25 unfinished jobs before, 5 after. No worker was connected, so somebody or something else removed them.',
    })
  })

  it('where the queue itself is gone, whoever works', () => {
    const gone = countsAsPlanned(queue({ waiting: 1 }), queue({}, { isKnown: false }))
    expect(gone.isAsPlanned).toBe(false)
    expect(gone.words).toMatch(/^1 job and the queue itself are gone/)
  })
})

const someCounts = fc.record(
  Object.fromEntries(Object.keys(NONE).map((name) => [name, fc.nat(50)])),
) as fc.Arbitrary<Counts>

it('blames nobody while somebody works, and misses no loss where nobody does', () => {
  fc.assert(
    fc.property(someCounts, someCounts, fc.constantFrom(0, 2, null), (before, after, workers) => {
      const { isAsPlanned } = countsAsPlanned(queue(before, { workers }), queue(after, { workers }))
      const total = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0)
      const hasAll = total(after) >= total(before)
      const hasTrimmed = after.completed < before.completed
      const idle = hasAll || hasTrimmed ? [true, null, false] : [null, false]
      expect(workers === 0 ? idle : [true, null]).toContain(isAsPlanned)
    }),
  )
})
