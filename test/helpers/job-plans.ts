import { createHash } from 'node:crypto'

import type { JobState } from '../../src/domain/job.ts'
import type { JobCopy } from '../../src/domain/ports/job-operator.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import type { NewVaultSet, SliceEnd } from '../../src/domain/ports/vault-store.ts'
import type { QueueRef } from '../../src/domain/queue.ts'
import type { VaultSet } from '../../src/domain/vault.ts'
import { aPlan, aPlannedQueue } from '../unit/slack/render/builders.ts'

const MINUTE_MS = 60_000
const HEX = (text: string): string => createHash('sha256').update(text).digest('hex')

export const DONE: SliceEnd = { state: 'done', skipped: {}, renamed: {} }

/** A whole job as an adapter copies it. */
export function aCopy(id: string, over: Partial<JobCopy> = {}): JobCopy {
  const content = over.content ?? JSON.stringify({ id, data: { to: 'ä@example.com', n: id } })
  return {
    facts: {
      id,
      state: 'failed',
      type: 'send',
      addedAt: new Date('2026-03-01T10:00:00.123Z'),
      endedAt: new Date('2026-03-01T10:05:00.456Z'),
      attempts: 3,
      priority: 0,
      error: 'Error: connect ECONNREFUSED',
      stack: null,
      data: null,
    },
    content,
    payloadHash: HEX(`payload of ${id}`),
    digest: HEX(content),
    sizeBytes: Buffer.byteLength(content),
    ...over,
  }
}

/** A plan under way: everything that an attempt needs to write. */
export interface JobPlan {
  readonly id: string
  readonly ref: QueueRef
  readonly fence: number
}

/** Plans about jobs, each of a queue of its own, through the store alone. */
export function jobPlans(store: Store) {
  const { plans, slices, vault } = store.now

  /** Frozen, one slice for each list of ids, and not confirmed. */
  async function planned(
    lists: readonly (readonly string[])[],
    state: JobState = 'failed',
  ): Promise<Omit<JobPlan, 'fence'>> {
    const id = crypto.randomUUID()
    const ref = { system: 'sales', queue: `email-${id}` }
    const now = new Date()
    const jobs = lists.flat().length
    await plans.add(
      aPlan({
        id,
        action: 'quarantine',
        incidentId: null,
        createdAt: now,
        expiresAt: new Date(now.getTime() + MINUTE_MS),
        queues: [aPlannedQueue({ ref, jobs })],
        jobs: {
          filter: 'state:failed',
          count: jobs,
          digest: HEX(id),
          byState: { [state]: jobs },
          oldestAt: new Date(now.getTime() - MINUTE_MS),
          newestAt: null,
          foreseen: { child: 1 },
          options: { target: ref },
        },
      }),
    )
    await slices.add(
      id,
      lists.map((ids, position) => ({ position, ref, state, ids })),
    )
    return { id, ref }
  }

  async function confirm(id: string): Promise<void> {
    const plan = await plans.byId(id)
    if (plan === null) throw new Error(`there is no plan ${id}`)
    const { reason, holdMs, tier, tierReason, hash, approvalsNeeded, isBreakGlass } = plan
    const settled = { reason, holdMs, tier, tierReason, hash, approvalsNeeded, isBreakGlass }
    await plans.confirm(
      id,
      { ...settled, expiresAt: plan.expiresAt, state: 'confirmed' },
      new Date(),
    )
  }

  let leasedAt = Date.now()
  /** The fence of a new attempt, after the lease of the one before ran out. */
  async function lease(id: string): Promise<number> {
    leasedAt += 2 * MINUTE_MS
    const found = await plans.lease(id, new Date(leasedAt), MINUTE_MS)
    if (found === null) throw new Error(`plan ${id} cannot be leased`)
    return found.fence
  }

  async function executing(
    lists: readonly (readonly string[])[],
    state: JobState = 'failed',
  ): Promise<JobPlan> {
    const plan = await planned(lists, state)
    await confirm(plan.id)
    return { ...plan, fence: await lease(plan.id) }
  }

  const setOf = (plan: JobPlan, over: Partial<NewVaultSet> = {}): Promise<VaultSet> =>
    vault.openSet({
      id: crypto.randomUUID(),
      planId: plan.id,
      ref: plan.ref,
      tier: 'low',
      incidentId: null,
      owner: { teamId: 'T0', userId: 'U0ANA' },
      label: 'state:failed',
      reason: 'provider is down',
      madeAt: new Date('2026-03-01T12:00:00Z'),
      keptUntil: null,
      ...over,
    })

  /** A set that holds these jobs, as a quarantine leaves it; with the row of each. */
  async function holding(ids: readonly string[], over: Partial<NewVaultSet> = {}) {
    const plan = await executing([ids])
    const set = await setOf(plan, over)
    await vault.copyIn(
      set.id,
      plan.fence,
      ids.map((id) => aCopy(id)),
      { forgets: false },
    )
    await vault.settleCopies(set.id, ids, ids)
    const held = await vault.held(set.id, { after: 0, limit: ids.length, withContent: false })
    return { plan, set, rows: held.map(({ job }) => job.id) }
  }
  return { planned, confirm, lease, executing, setOf, holding }
}
