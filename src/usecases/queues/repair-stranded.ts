import type { AuditBody } from '../../domain/audit.ts'
import { OperatorError } from '../../domain/errors.ts'
import { isSameQueue, queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { FREEZE_LOCK } from '../actions/execution.ts'
import { auditOf, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { knownQueues } from './known-queues.ts'
import { bySystem, live } from './queue-reads.ts'

type RepairDeps = Pick<Deps, 'store' | 'systems' | 'clock' | 'ids' | 'log'>

/**
 * How often each queue was seen stranded in a row: a resume by BullMQ 6 moves long lists in steps, and is
 * no fault. Below zero it rests, for its repair failed.
 */
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
  const before = new Map(suspects)
  suspects.clear()
  for (const overview of stranded) {
    const key = queueKey(overview.ref)
    const looks = before.get(key) ?? 0
    suspects.set(key, looks + 1)
    if (looks > 0 && !(await isRepaired(deps, overview))) suspects.set(key, -REST_LOOKS)
  }
}

/** Some half an hour of looks: a repair that fails must not fill the audit trail. */
const REST_LOOKS = 100

/** False if it failed; one queue that cannot be repaired must not keep the others from it. */
async function isRepaired(deps: RepairDeps, overview: QueueOverview): Promise<boolean> {
  try {
    await repair(deps, overview)
    return true
  } catch (error) {
    const queue = queueKey(overview.ref)
    deps.log.error({ event: 'queue.not_repaired', queue, err: error }, 'a repair failed')
    const reason = error instanceof OperatorError ? error.message : 'a fault of ours, see the log'
    const words = `${plural(overview.stranded, 'job')} of \`${queue}\` lie where no worker looks, and could not be put back: ${reason}`
    await deps.store.transaction(async (store) => {
      await store.messages.put({
        key: `not-repaired:${queue}`.slice(0, 500),
        target: { kind: 'ops' },
        content: { kind: 'line', line: { icon: 'warning', words, mention: [] } },
        priority: 1,
      })
      const facts = { before: overviewFacts(overview), problem: reason }
      await store.audit.append(
        auditOf(deps.clock.now(), 'outcome', { action: 'repair', subject: queue, facts }),
      )
    })
    return false
  }
}

const isHeld = (holds: readonly { readonly ref: QueueRef }[], ref: QueueRef): boolean =>
  holds.some((hold) => isSameQueue(hold.ref, ref))

async function repair(deps: RepairDeps, before: QueueOverview): Promise<void> {
  const { ref } = before
  const about = { action: 'repair', subject: queueKey(ref), reason: 'jobs were stranded' } as const
  const facts = { before: overviewFacts(before) }
  if (!(await isIntended(deps, auditOf(deps.clock.now(), 'intent', { ...about, facts })))) return
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

/** Whoever freezes waits for this, or is first: then nothing is touched. */
const isIntended = ({ store }: Pick<Deps, 'store'>, intent: AuditBody): Promise<boolean> =>
  store.transaction(async (repositories) => {
    await repositories.incidents.lockKey(FREEZE_LOCK)
    if ((await repositories.control.frozen()) !== null) return false
    await repositories.audit.append(intent)
    return true
  })

const wordsOf = (ref: QueueRef, count: number): string =>
  `${plural(count, 'job')} of \`${queueKey(ref)}\` had been left aside by a resume of another tool, where no worker looks. I put ${count === 1 ? 'it' : 'them'} back in line.`
