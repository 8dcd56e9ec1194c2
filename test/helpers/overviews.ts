import type { Counts, QueueOverview } from '../../src/domain/queue.ts'

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

/** A queue of `sales` that runs, without workers, holding these jobs. */
export const overviewOf = (queue: string, counts: Partial<Counts> = {}): QueueOverview => ({
  ref: { system: 'sales', queue },
  isKnown: true,
  counts: { ...NONE, ...counts },
  isPaused: false,
  throttle: { rate: null, concurrency: null },
  workers: 0,
  oldestWaitingAt: null,
  stranded: 0,
  libraryVersion: null,
})
