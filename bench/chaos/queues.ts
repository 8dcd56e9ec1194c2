import type { QueueRule } from '../../src/domain/settings.ts'

/** `both` is written and worked by BullMQ 5 and 6 at once. */
export const FLOWS = ['five', 'six', 'both'] as const
/** Paused longer and started again by two people only; `pay-out` asks for three. */
export const CRITICAL = ['pay-in', 'pay-out', 'pay-fee'] as const
/** More than fit into one slice of an execution, so that some kills come between two slices. */
const LOW: readonly string[] = Array.from(
  { length: 27 },
  (_, n) => `low-${String(n).padStart(2, '0')}`,
)
const QUEUES: readonly string[] = [...FLOWS, ...CRITICAL, ...LOW]

/** What people pause and resume at once, and the queues that there are for it. */
export interface Field {
  readonly globs: readonly [string, ...string[]]
  readonly queues: readonly string[]
}

/** Ten, ten others, all of them. */
export const WIDE: Field = { globs: ['low-0*', 'low-1*', 'low-*'], queues: QUEUES }
/** For a run that must be short. */
export const NARROW: Field = {
  globs: ['low-2*'],
  queues: QUEUES.filter((queue) => !/^low-[01]/.test(queue)),
}

export const QUEUE_RULES: readonly QueueRule[] = (
  [
    ['sales/pay-*', 'critical'],
    ['sales/low-*', 'low'],
  ] as const
).map(([match, tier]) => ({
  match,
  tier,
  owners: [],
  group: null,
  thresholds: { waiting: null, active: null, failed: null, delayed: null, oldestMs: null },
}))
