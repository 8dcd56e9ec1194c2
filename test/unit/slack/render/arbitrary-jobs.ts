import fc from 'fast-check'

import { ACTION_KINDS } from '../../../../src/domain/action.ts'
import { JOB_STATES } from '../../../../src/domain/job.ts'
import type {
  ClustersView,
  JobsView,
  JobView,
  VaultSetView,
  VaultView,
} from '../../../../src/domain/views-jobs.ts'
import { cluster, count, date, hostile, maybe, ref, token, upTo } from './arbitrary.ts'
import { NOW } from './builders.ts'

const at = fc.constant(NOW)
const state = fc.constantFrom(...JOB_STATES)
const actor = fc.record({ teamId: hostile, userId: hostile })
const tokens = fc.record(
  { quarantine: token, retry: token, release: token, replay: token, next: token },
  { requiredKeys: [] },
)

const line = fc.record({
  id: hostile,
  state,
  type: hostile,
  addedAt: maybe(date),
  endedAt: maybe(date),
  attempts: count,
  priority: count,
  shape: maybe(hostile),
})

const remedy = fc.record({
  pattern: hostile,
  cause: hostile,
  advice: hostile,
  action: maybe(fc.constantFrom('retry' as const, 'quarantine' as const)),
})

export const clusters: fc.Arbitrary<ClustersView> = fc.record({
  ref,
  filter: hostile,
  groups: upTo(10, fc.record({ cluster, remedy: maybe(remedy), tokens })),
  numbers: fc.record({
    looked: count,
    total: count,
    isExact: fc.boolean(),
    matched: count,
    clusters: count,
  }),
  isFirstLook: fc.boolean(),
  at,
})

export const jobs: fc.Arbitrary<JobsView> = fc.record({
  ref,
  filter: hostile,
  lines: upTo(20, line),
  skipped: count,
  matched: count,
  isMore: fc.boolean(),
  looked: count,
  takenBy: maybe(hostile),
  tokens,
  at,
})

const vaultState = fc.constantFrom(
  'copied' as const,
  'held' as const,
  'releasing' as const,
  'released' as const,
  'discarded' as const,
  'expired' as const,
  'forgotten' as const,
)

const detail = fc.record({
  id: hostile,
  type: hostile,
  where: fc.constantFrom(
    ...JOB_STATES,
    'waiting_children' as const,
    'nowhere' as const,
    'unseen' as const,
  ),
  ahead: maybe(count),
  addedAt: maybe(date),
  dueAt: maybe(date),
  startedAt: maybe(date),
  endedAt: maybe(date),
  attempts: count,
  maxAttempts: maybe(count),
  stalls: count,
  priority: count,
  isLocked: fc.boolean(),
  failure: maybe(fc.record({ cluster: hostile, error: hostile, frames: upTo(4, hostile) })),
  data: hostile,
  dataBytes: count,
  progress: maybe(hostile),
  logs: fc.record({ last: upTo(5, hostile), total: count }),
  parent: maybe(fc.record({ queue: hostile, id: hostile })),
  children: fc.record({ waiting: count, done: count, failed: count }),
  deduplicationId: maybe(hostile),
  scheduler: maybe(hostile),
})

export const job: fc.Arbitrary<JobView> = fc.record({
  ref,
  id: hostile,
  detail: maybe(detail),
  stays: upTo(
    20,
    fc.record({
      set: count,
      state: vaultState,
      from: fc.constantFrom(...JOB_STATES),
      madeAt: date,
      owner: actor,
      newId: maybe(hostile),
    }),
  ),
  at,
})

const counts = fc.record({
  copied: count,
  held: count,
  releasing: count,
  released: count,
  discarded: count,
  expired: count,
  forgotten: count,
})

const set = fc.record({
  id: hostile,
  number: count,
  planId: hostile,
  ref,
  tier: fc.constant('high' as const),
  incidentId: maybe(count),
  owner: actor,
  label: hostile,
  reason: maybe(hostile),
  madeAt: date,
  keptUntil: maybe(date),
  counts,
  sizeBytes: count,
  oldestAt: maybe(date),
})

export const vault: fc.Arbitrary<VaultView> = fc.record({
  ref: maybe(ref),
  sets: upTo(200, set),
  isCut: fc.boolean(),
  totals: fc.record({ held: count, sizeBytes: count, sets: count }),
  at,
})

export const vaultSet: fc.Arbitrary<VaultSetView> = fc.record({
  set,
  shares: upTo(
    500,
    fc.record({ type: hostile, shape: maybe(hostile), count, lastFailedAt: maybe(date) }),
  ),
  sample: upTo(3, line),
  exits: upTo(
    50,
    fc.record({
      plan: count,
      action: fc.constantFrom(...ACTION_KINDS),
      by: actor,
      state: vaultState,
      count,
      lastAt: maybe(date),
    }),
  ),
  tokens,
  at,
})
