import { type Accounts, accountsOf, toAccounts } from '../../domain/accounts.ts'
import { ACTION_WORDS } from '../../domain/action-words.ts'
import { concernedQueues, type Hold, type Plan, type Review } from '../../domain/action.ts'
import { isJobAction } from '../../domain/job-actions.ts'
import type { ButtonPurpose } from '../../domain/message.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue } from '../../domain/queue.ts'
import type { ReplayView } from '../../domain/views-replay.ts'
import type { PendingView, PlanCardView, PlanTokens, Stops } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { approversOf } from '../people/members-with.ts'
import { tokenFor } from '../queues/queue-tokens.ts'
import { channelsOf } from './card.ts'
import { replayTokens, replayView } from './replay-view.ts'

type CardDeps = Pick<Deps, 'store' | 'chat' | 'settings' | 'clock' | 'ids' | 'systems'>

const MINUTE_MS = 60_000

const NOTHING: Stops = { holds: [], foreign: [] }

/** What a plan tells by itself, while nothing else can be looked up. */
export const bareCard = (plan: Plan, at: Date): PlanCardView => ({
  plan,
  accounts: accountsOf(plan),
  approvals: [],
  approvers: [],
  review: null,
  holds: [],
  places: [],
  stops: NOTHING,
  freeze: null,
  progress: null,
  replay: null,
  tokens: {},
  at,
})

/** Everything that a plan's card tells, gathered now. */
export async function planCardView(deps: CardDeps, plan: Plan): Promise<PlanCardView> {
  const { now: store } = deps.store
  const at = deps.clock.now()
  const isWaiting = plan.state === 'requested'
  const [approvals, review, holds, places, stops, freeze, approvers] = await Promise.all([
    store.approvals.ofPlan(plan.id),
    plan.isBreakGlass ? store.reviews.ofPlan(plan.id) : null,
    (plan.action === 'throttle' ? store.throttles : store.holds).ofPlans([plan.id]),
    isWaiting ? channelsOf(deps, plan) : [],
    isWaiting && plan.action === 'resume' ? stopsOf(store, plan, at) : NOTHING,
    store.control.frozen(),
    isWaiting ? approversOf(deps, plan.action, concernedQueues(plan)) : [],
  ])
  const replay = plan.action === 'replay' ? await replayView(store, plan, at) : null
  const card = await withJobs(store, { ...bareCard(plan, at), replay })
  return {
    ...card,
    approvals,
    approvers: approvers.filter((id) => id !== plan.actor.userId),
    review,
    holds,
    places,
    stops,
    freeze,
    progress: progressOf(plan, card.accounts, at),
    tokens: await tokensOf(deps, plan, { holds, review, replay }),
  }
}

/** While jobs are dealt with, their slices tell how far it is. */
async function withJobs(store: Repositories, card: PlanCardView): Promise<PlanCardView> {
  if (card.plan.jobs === null || card.plan.state !== 'executing') return card
  return { ...card, accounts: toAccounts(await store.slices.accounts(card.plan.id, null)) }
}

/** Whoever judges a start sees whose stop it would end. Paused or not is as it was when the plan was made. */
async function stopsOf(store: Repositories, { queues }: Plan, at: Date): Promise<Stops> {
  const refs = queues.map(({ ref }) => ref)
  const holds = (await store.holds.recent(refs, at)).filter(({ endedAt }) => endedAt === null)
  const foreign = queues.flatMap(({ ref, before }) =>
    before.isPaused && !holds.some((hold) => isSameQueue(hold.ref, ref)) ? [ref] : [],
  )
  return { holds, foreign }
}

function progressOf(plan: Plan, accounts: Accounts, at: Date): PlanCardView['progress'] {
  const over = accounts.planned - accounts.open
  const spentMs = plan.startedAt === null ? 0 : at.getTime() - plan.startedAt.getTime()
  if (plan.state !== 'executing' || over === 0 || spentMs <= 0) return null
  const perMs = over / spentMs
  return { perMinute: perMs * MINUTE_MS, leftMs: accounts.open / perMs }
}

/** What can be done with it now; whoever may not do it is told so when they click. */
async function tokensOf(
  deps: CardDeps,
  plan: Plan,
  about: {
    readonly holds: readonly Hold[]
    readonly review: Review | null
    readonly replay: ReplayView | null
  },
): Promise<PlanTokens> {
  const token = (kind: Extract<ButtonPurpose, { planId: string }>['kind']): Promise<string> =>
    tokenFor(deps, { kind, planId: plan.id })
  if (plan.state === 'requested')
    return {
      approve: await token('approve'),
      reject: await token('reject'),
      withdraw: await token('withdraw'),
    }
  const signOff = isUnsigned(about.review) ? { signOff: await token('sign_off') } : {}
  if (about.replay !== null)
    return { ...(await replayTokens(deps, plan, about.replay)), ...signOff }
  if (plan.state === 'confirmed' || plan.state === 'executing')
    return plan.stop === null ? { stop: await token('stop'), ...signOff } : signOff
  if (plan.state === 'expired') return { again: await token('again') }
  return canBeUndone(plan, about.holds) ? { undo: await token('undo'), ...signOff } : signOff
}

const isUnsigned = (review: Review | null): boolean => review !== null && review.signedAt === null

/** A pause or a throttle while it lasts; anything else that changed something, for as long as its card is looked at. */
function canBeUndone(plan: Plan, holds: readonly Hold[]): boolean {
  if (ACTION_WORDS[plan.action].undo === null || plan.endsHoldId !== null) return false
  const hasChanged = plan.queues.some(
    ({ state, outcome }) => state === 'done' && (outcome?.after ?? null) !== null,
  )
  if (isJobAction(plan.action)) return hasChanged && plan.jobs?.options.forgets !== true
  const isHold = plan.action === 'pause' || plan.action === 'throttle'
  return hasChanged && (!isHold || holds.some(({ endedAt }) => endedAt === null))
}

/** What waits for somebody's word. */
export async function listPending(deps: CardDeps): Promise<PendingView> {
  const { now: store } = deps.store
  const cards: PlanCardView[] = []
  for (const plan of await store.plans.requested()) cards.push(await planCardView(deps, plan))
  const unsigned: PlanCardView[] = []
  for (const { planId } of await store.reviews.unsigned()) {
    const plan = await store.plans.byId(planId)
    if (plan !== null) unsigned.push(await planCardView(deps, plan))
  }
  return { requested: cards, unsigned, at: deps.clock.now() }
}
