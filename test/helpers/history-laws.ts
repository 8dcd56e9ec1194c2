import { accountsOf } from '../../src/domain/accounts.ts'
import type { Hold, Plan } from '../../src/domain/action.ts'
import type { Head } from '../../src/domain/audit-anchor.ts'
import { findChainFault, type AuditEntry } from '../../src/domain/audit.ts'
import { approvalsDue, isT3, type Order } from './history-rules.ts'
import { APPROVAL_TTL_MS, LIMIT, type SeenFlip, type Stage } from './history-stage.ts'
import { QUEUES } from './history.ts'
import { MAY } from './toy-people.ts'

/** Everything that a history left behind. */
export interface Remains {
  readonly plans: readonly Plan[]
  readonly holds: readonly Hold[]
  readonly entries: readonly Entry[]
  readonly orders: readonly Order[]
}

interface Entry {
  readonly seq: number
  readonly kind: string
  readonly plan: string | null
  readonly subject: string
}

const MOST = 100_000

/** Reads what is there now. `planIds` are those of this history; `from` was the trail's head when it began. */
export async function remainsOf(
  { deps, witness }: Stage,
  planIds: readonly string[],
  from: Head | null,
): Promise<Remains> {
  const { now: store } = deps.store
  const plans = (await Promise.all(planIds.map((id) => store.plans.byId(id)))).filter(
    (plan) => plan !== null,
  )
  const holds = await store.holds.ofPlans(planIds)
  const raw = await store.audit.entries(from?.seq ?? 0, MOST)
  const fault = findChainFault(raw, from ?? undefined)
  if (fault !== null) throw new Error(`the chain is broken: ${JSON.stringify(fault)}`)
  const entries = raw.map(toEntry)
  const orders = witness.confirmed.map((deed): Order => {
    const plan = plans.find(({ id }) => id === deed.planId)
    if (plan === undefined) throw new Error(`plan ${deed.planId} is gone`)
    return {
      plan,
      deed,
      ...placesIn(entries, plan),
      holds: holds.filter(({ planId }) => planId === plan.id),
    }
  })
  return { plans, holds, entries, orders: orders.toSorted((a, b) => a.seq - b.seq) }
}

const toEntry = ({ seq, text }: AuditEntry): Entry => ({ ...(JSON.parse(text) as Entry), seq })

/** Where in the trail an order was given, took force, and was over. */
function placesIn(
  entries: readonly Entry[],
  { id, state }: Plan,
): Pick<Order, 'seq' | 'forceSeq' | 'overSeq'> {
  const last = (kinds: readonly string[]): number | null =>
    entries.findLast(({ plan, kind }) => plan === id && kinds.includes(kind))?.seq ?? null
  const wasRequested = last(['requested']) !== null
  const isInForce =
    state !== 'requested' && last(['rejected', 'withdrawn', 'expired', 'voided']) === null
  const seq = last(['confirmed', 'break_glass', 'requested'])
  return {
    seq: seq ?? Number.NaN,
    forceSeq: wasRequested ? (isInForce ? last(['approved']) : null) : seq,
    overSeq: last(['outcome']),
  }
}

type Law = (stage: Stage, remains: Remains) => readonly string[]

/** What is wrong with it, in words; empty if every law holds. */
export const brokenLaws = (stage: Stage, remains: Remains): readonly string[] =>
  LAWS.flatMap((law) => law(stage, remains))

const noFaults: Law = ({ witness }) =>
  witness.faults.map((fault) => `not an answer for people: ${String(fault)}`)

/** Each `not_allowed`; of other refusals those that are about the rules. */
const denialsAudited: Law = ({ witness }, { entries }) => {
  const said = witness.refused.filter((code) => code === 'not_allowed').length
  const written = entries.filter(({ kind }) => kind === 'denied').length
  const isRight = said <= written && written <= witness.refused.length
  return isRight ? [] : [`${said} denials were said, ${written} are audited`]
}

const nameOf = ({
  planId,
  queue,
  isPaused,
}: Pick<SeenFlip, 'planId' | 'queue' | 'isPaused'>): string =>
  `${isPaused ? 'pause' : 'resume'} of ${queue} by plan ${planId}`

const announced: Law = ({ witness }) =>
  witness.flips.flatMap((flip) => {
    if (flip.planId === null) return []
    if (flip.intentSeq === null) return [`${nameOf(flip)} without one intent before it`]
    return flip.frozenSeq !== null && flip.intentSeq > flip.frozenSeq
      ? [`${nameOf(flip)} begun under a freeze`]
      : []
  })

const once: Law = ({ witness }) => {
  const done = new Set<string>()
  return witness.flips.flatMap((flip) => {
    const key = nameOf(flip)
    // Somebody else undid it between two attempts: to do it again is right.
    if (flip.planId === null)
      for (const other of done) if (other.includes(` ${flip.queue} `)) done.delete(other)
    const isRepeated = flip.planId !== null && done.has(key)
    done.add(key)
    return isRepeated ? [`${key} twice`] : []
  })
}

/** What a plan did to a queue: it changed the flag, or it holds what was paused before. */
type Change = Pick<SeenFlip, 'queue' | 'isPaused' | 'planId' | 'at'>

const changesIn = ({ witness }: Stage, { holds }: Remains): readonly Change[] => [
  ...witness.flips.filter(({ planId }) => planId !== null),
  ...holds.map(({ ref, planId, startedAt }) => ({
    queue: ref.queue,
    isPaused: true,
    planId,
    at: startedAt.getTime(),
  })),
]

const ordered: Law = (stage, remains) =>
  changesIn(stage, remains).flatMap((change) => {
    const why = whyUnordered(stage, remains, change)
    return why === null ? [] : [`${nameOf(change)}: ${why}`]
  })

/** Why policy did not allow this change; null if it did. */
function whyUnordered(stage: Stage, remains: Remains, change: Change): string | null {
  const plan = remains.plans.find(({ id }) => id === change.planId)
  if (plan === undefined) return 'its plan is gone'
  if (plan.endsHoldId !== null) return whyNotItsEnd(remains, plan, change)
  const order = remains.orders.find((one) => one.plan.id === plan.id)
  if (order === undefined) return 'nobody confirmed it'
  if (!order.deed.isEntitled) return `${order.deed.who} might not`
  if (!isT3(order, remains.orders, stage.witness.flips)) return null
  return order.deed.breaksGlass && plan.isBreakGlass
    ? whyNoBreakGlass(remains, order)
    : whyUnapproved(stage, order, change)
}

function whyNotItsEnd({ holds }: Remains, plan: Plan, flip: Change): string | null {
  const hold = holds.find(({ id }) => id === plan.endsHoldId)
  if (flip.isPaused) return 'the end of a hold pauses'
  const endsAt = hold?.endsAt ?? null
  return endsAt !== null && endsAt.getTime() <= flip.at ? null : 'the hold was not due'
}

function whyNoBreakGlass({ entries }: Remains, { plan, deed }: Order): string | null {
  if (!MAY.breakGlass(deed.who)) return `${deed.who} may not break glass`
  if (deed.reason.length < 10) return 'no justification'
  const isSaid = entries.some((entry) => entry.plan === plan.id && entry.kind === 'break_glass')
  return isSaid ? null : 'break-glass that nobody announced'
}

function whyUnapproved({ witness }: Stage, { plan, deed }: Order, flip: Change): string | null {
  const people = witness.approved.filter(
    (word) =>
      word.planId === plan.id &&
      word.isEntitled &&
      word.at <= flip.at &&
      word.at < deed.at + APPROVAL_TTL_MS,
  )
  const given = new Set(people.map(({ who }) => who)).size
  return given >= approvalsDue(plan) ? null : `T3 with ${given} of ${approvalsDue(plan)} approvals`
}

const FINAL_KINDS = new Set(['outcome', 'rejected', 'withdrawn', 'expired', 'voided'])

/** Which entries can be the last of a plan in this state. */
function lastKinds({ state, startedAt }: Plan): readonly string[] {
  const wasBegun = startedAt !== null
  switch (state) {
    case 'done':
    case 'failed':
      return ['outcome']
    case 'refused':
      return wasBegun ? ['outcome'] : ['rejected']
    case 'cancelled':
      return wasBegun ? ['outcome'] : ['withdrawn']
    case 'expired':
      return ['expired', 'voided']
    case 'planned':
    case 'requested':
    case 'confirmed':
    case 'executing':
      return []
  }
}

const endsAudited: Law = (_stage, { plans, entries }) =>
  plans.flatMap((plan) => {
    const kinds = entries
      .filter((entry) => entry.plan === plan.id && FINAL_KINDS.has(entry.kind))
      .map(({ kind }) => kind)
    const due = lastKinds(plan)
    const isRight =
      due.length === 0 ? kinds.length === 0 : kinds.length === 1 && due.includes(kinds.join())
    return isRight
      ? []
      : [`plan ${plan.id} is ${plan.state}, audited as ended by [${kinds.join()}]`]
  })

const accounted: Law = (_stage, { plans }) =>
  plans.flatMap((plan) => {
    const { planned, done, skipped, failed, returned, open } = accountsOf(plan)
    const isWhole = planned === done + skipped + failed + returned + open
    const isClosed = plan.startedAt === null || plan.finishedAt === null || open === 0
    return isWhole && isClosed ? [] : [`the accounts of plan ${plan.id} do not add up`]
  })

const agreeing: Law = ({ toys, witness, queueOf }, { holds }) =>
  QUEUES.map(queueOf).flatMap((queue) => {
    const last = witness.flips.findLast((flip) => flip.queue === queue)
    if (last !== undefined && last.planId === null) return []
    const isHeld = holds.some(({ ref, endedAt }) => ref.queue === queue && endedAt === null)
    return toys.isPaused(queue) === isHeld
      ? []
      : [`${queue} is ${toys.isPaused(queue) ? 'paused without a hold' : 'held but runs'}`]
  })

const entitled: Law = ({ witness }) => {
  const words = [...witness.approved, ...witness.signed]
  const wrong = words.filter(({ isEntitled }) => !isEntitled)
  const keys = witness.approved.map(({ planId, who }) => `${planId} by ${who}`)
  const twice = keys.filter((key, index) => keys.indexOf(key) < index)
  return [
    ...wrong.map(({ who, planId }) => `${who} had no word on ${planId}`),
    ...twice.map((key) => `approved twice: ${key}`),
  ]
}

const WINDOW_MS = 10 * 60_000

const limited: Law = ({ witness }) =>
  [...new Set(witness.confirmed.map(({ who }) => who))].flatMap((person) => {
    const times = witness.confirmed.filter(({ who }) => who === person).map(({ at }) => at)
    const isTooFast = times.some((at, index) => at - (times[index - LIMIT] ?? 0) < WINDOW_MS)
    return isTooFast ? [`${person} acted more than ${LIMIT} times in ten minutes`] : []
  })

const LAWS: readonly Law[] = [
  noFaults,
  denialsAudited,
  announced,
  once,
  ordered,
  endsAudited,
  accounted,
  agreeing,
  entitled,
  limited,
]

/** Plans that are not over. */
export const open = ({ plans }: Remains): readonly Plan[] =>
  plans.filter(({ finishedAt }) => finishedAt === null)
