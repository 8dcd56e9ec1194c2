import { isSameQueue, queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { auditOf, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { knownQueues } from './known-queues.ts'
import { bySystem, live } from './queue-reads.ts'

type RepairDeps = Pick<Deps, 'store' | 'systems' | 'clock' | 'ids' | 'log'>

/** What was seen stranded at the last look: a resume by BullMQ 6 moves long lists in steps, and is no fault. */
export type Suspects = Map<string, number>

/**
 * Puts jobs back in line that a resume by another tool left in the legacy paused list: no worker would ever
 * take them. Acts on what is stranded at two looks in a row, on no queue that somebody holds, and not
 * while actions are frozen; it is said and written down.
 */
export async function repairStranded(deps: RepairDeps, suspects: Suspects): Promise<void> {
  const at = deps.clock.now()
  const [freeze, holds] = await Promise.all([
    deps.store.now.control.frozen(),
    deps.store.now.holds.active(null),
  ])
  if (freeze !== null) return
  const answers = await Promise.all(
    bySystem(knownQueues(deps.systems), deps.systems).map(({ system, queues }) =>
      live(at, () => system.overview(queues)),
    ),
  )
  const stranded = answers
    .flatMap((answer) => (answer.isLive ? answer.value : []))
    .filter(({ ref, stranded: count }) => count > 0 && !isHeld(holds, ref))
  for (const overview of stranded)
    if (suspects.has(queueKey(overview.ref))) await repair(deps, overview)
  suspects.clear()
  for (const { ref, stranded: count } of stranded) suspects.set(queueKey(ref), count)
}

const isHeld = (holds: readonly { readonly ref: QueueRef }[], ref: QueueRef): boolean =>
  holds.some((hold) => isSameQueue(hold.ref, ref))

async function repair(deps: RepairDeps, before: QueueOverview): Promise<void> {
  const { ref } = before
  const about = { action: 'repair', subject: queueKey(ref), reason: 'jobs were stranded' } as const
  const facts = { before: overviewFacts(before) }
  await deps.store.now.audit.append(auditOf(deps.clock.now(), 'intent', { ...about, facts }))
  const count = await deps.systems.get(ref.system).repairStranded(ref.queue)
  deps.log.warn({ event: 'queue.repaired', queue: queueKey(ref), count }, 'stranded jobs put back')
  await deps.store.transaction(async (store) => {
    if (count > 0)
      await store.messages.put({
        key: `repaired:${deps.ids.uuid()}`,
        target: { kind: 'ops' },
        content: { kind: 'line', line: { icon: 'info', words: wordsOf(ref, count), mention: [] } },
        priority: 1,
      })
    await store.audit.append(
      auditOf(deps.clock.now(), 'outcome', { ...about, facts: { ...facts, count } }),
    )
  })
}

const wordsOf = (ref: QueueRef, count: number): string =>
  `${plural(count, 'job')} of \`${queueKey(ref)}\` had been left aside by a resume of another tool, where no worker looks. I put ${count === 1 ? 'it' : 'them'} back in line.`
