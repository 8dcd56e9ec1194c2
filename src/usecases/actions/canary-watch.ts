import {
  type Canary,
  CANARY_WATCH_MS,
  canaryWords,
  countCanary,
  openJobs,
  withOutcomes,
} from '../../domain/canary.ts'
import { OperatorError } from '../../domain/errors.ts'
import { errorShape } from '../../domain/failure-cluster.ts'
import type { RoomLine } from '../../domain/message.ts'
import type { JobOutcome } from '../../domain/ports/job-operator.ts'
import type { OutboxMessage, Repositories } from '../../domain/ports/store.ts'
import type { VaultJob } from '../../domain/vault.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { placesOf, tellPlaces } from './card.ts'
import type { Part, PartEnd } from './execution.ts'
import { doneIds } from './jobs/done-ids.ts'
import { operatorOf } from './jobs/operator-of.ts'

/** Between two looks: a look is one round trip, and what is seen is edited in place. */
const LOOK_MS = 3000

/** One message per place; the first one is the truth that watching goes on from. */
const keyOf = (planId: string, place: number): string => `canary:${planId}:${place}`

/** In the transaction that ends a canary's part: its jobs are shown, and will be watched. */
export async function beginWatch(
  store: Repositories,
  { plan, queue }: Part,
  _end: PartEnd,
  at: Date,
): Promise<void> {
  const ids = await doneIds(store, plan.id, queue.ref)
  if (ids.length === 0) return
  const jobs = await store.vault.rows(ids.map(Number))
  const canary: Canary = {
    planId: plan.id,
    planNumber: plan.number,
    vault: plan.jobs?.options.vault ?? 0,
    ref: queue.ref,
    by: plan.actor.userId,
    beganAt: (plan.startedAt ?? at).toISOString(),
    until: new Date(at.getTime() + CANARY_WATCH_MS).toISOString(),
    endedAt: null,
    jobs: jobs.map(toCanaryJob),
  }
  const { targets } = await placesOf(store, plan)
  for (const [place, target] of targets.entries())
    await store.messages.put({
      key: keyOf(plan.id, place),
      target,
      content: { kind: 'canary', canary },
      priority: 1,
    })
  await store.work.enqueue(
    'watch_canary',
    { planId: plan.id },
    { key: plan.id, afterMs: LOOK_MS, isKept: true },
  )
}

const toCanaryJob = ({
  jobId,
  newId,
  facts: { type, error },
}: VaultJob): Canary['jobs'][number] => ({
  id: newId ?? jobId,
  type,
  before: error === null ? null : errorShape(error),
  outcome: { kind: 'waiting' },
})

/**
 * Looks once at what became of a canary's jobs, and shows it. Resolves to when to look again, in ms; null once it
 * is over: every job ended, or the time is. A system that is away is waited for, as long as that time lasts.
 */
export async function watchCanary(deps: Deps, planId: string): Promise<number | null> {
  const canary = canaryIn(await deps.store.now.messages.byKey(keyOf(planId, 0)))
  if (canary === null || canary.endedAt !== null) return null
  const seen = await look(deps, canary)
  return await deps.store.transaction(async (store) => {
    await store.incidents.lockKey(keyOf(planId, 0))
    const messages = await placedIn(store, planId)
    const known = canaryIn(messages[0] ?? null)
    if (known === null || known.endedAt !== null) return null
    const next = withOutcomes(known, seen, deps.clock.now())
    if (JSON.stringify(next) !== JSON.stringify(known)) await show(store, messages, next)
    if (next.endedAt === null) return LOOK_MS
    await tellEnd(store, next, new Date(next.endedAt))
    return null
  })
}

const canaryIn = (message: OutboxMessage | null): Canary | null =>
  message?.content.kind === 'canary' ? message.content.canary : null

async function placedIn(store: Repositories, planId: string): Promise<readonly OutboxMessage[]> {
  const messages: OutboxMessage[] = []
  for (;;) {
    const message = await store.messages.byKey(keyOf(planId, messages.length))
    if (message === null) return messages
    messages.push(message)
  }
}

async function show(
  store: Repositories,
  messages: readonly OutboxMessage[],
  canary: Canary,
): Promise<void> {
  for (const { key, target } of messages)
    await store.messages.put({ key, target, content: { kind: 'canary', canary }, priority: 1 })
}

async function look(deps: Deps, canary: Canary): Promise<ReadonlyMap<string, JobOutcome>> {
  const ids = openJobs(canary).map(({ id }) => id)
  try {
    const { ref, beganAt } = canary
    return await operatorOf(deps, ref).outcomes(ref.queue, ids, new Date(beganAt))
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'system_unreachable') return new Map()
    throw error
  }
}

/** An edit notifies nobody: what it came to is a line, too. */
async function tellEnd(store: Repositories, canary: Canary, at: Date): Promise<void> {
  const plan = await store.plans.byId(canary.planId)
  if (plan === null) return
  const counts = countCanary(canary.jobs)
  const isClean = counts.completed === canary.jobs.length
  const line: RoomLine = {
    icon: isClean ? 'check' : 'warning',
    words: `First jobs of \`v${canary.vault}\` (plan ${canary.planNumber}): ${canaryWords(canary)}`,
    mention: [canary.by],
  }
  await tellPlaces(store, plan, await placesOf(store, plan), { key: 'canary', line, at, by: null })
  await store.audit.append(
    auditOfPlan(at, 'watched', plan, { canary: { ...counts } }, { by: null, queue: canary.ref }),
  )
}
