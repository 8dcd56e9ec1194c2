import type { Plan } from '../../domain/action.ts'
import type { Incident } from '../../domain/incident.ts'
import type { MessageTarget, RoomLine } from '../../domain/message.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { headlineKey, shownBy } from '../incidents/touch.ts'

/** Where a plan is shown: rooms of the open incidents that it is about, else the ops channel. */
export interface Places {
  readonly incidents: readonly Incident[]
  readonly targets: readonly MessageTarget[]
}

export async function placesOf(store: Repositories, plan: Plan): Promise<Places> {
  const incidents = (await store.incidents.unresolved()).filter(
    ({ id, ref }) =>
      id === plan.incidentId ||
      (ref !== null && plan.queues.some((queue) => isSameQueue(ref, queue.ref))),
  )
  const rooms = [...new Set(incidents.map(shownBy))]
  const targets: readonly MessageTarget[] =
    rooms.length === 0
      ? [{ kind: 'ops' }]
      : rooms.map((incidentId) => ({ kind: 'room' as const, incidentId }))
  return { incidents, targets }
}

/** The channels of a plan's places, as ids or as configured; none for a room that is not open yet. */
export async function channelsOf(
  { store, settings }: Pick<Deps, 'store' | 'settings'>,
  plan: Plan,
): Promise<readonly string[]> {
  const { targets } = await placesOf(store.now, plan)
  const channels = await Promise.all(
    targets.map(async (target) =>
      target.kind === 'room'
        ? ((await store.now.incidents.byId(target.incidentId))?.channelId ?? null)
        : settings.opsChannel,
    ),
  )
  return channels.filter((channel) => channel !== null)
}

const nameOf = (target: MessageTarget): string =>
  target.kind === 'room'
    ? `${target.incidentId}`
    : target.kind === 'person'
      ? target.userId
      : target.kind

/** The key of a plan's card in one place. */
export const cardKey = (plan: Pick<Plan, 'id'>, target: MessageTarget): string =>
  `plan:${plan.id}:${nameOf(target)}`

/**
 * Has a plan's card posted where it is shown, or rendered again where it is. False if it was there before:
 * an edit notifies nobody, so what people must notice needs a line as well.
 */
export async function showCard(
  store: Repositories,
  plan: Plan,
  { targets }: Pick<Places, 'targets'>,
): Promise<boolean> {
  const [first] = targets
  const isNew = first !== undefined && (await store.messages.byKey(cardKey(plan, first))) === null
  await putCards(store, plan, targets)
  await store.messages.touchPlan(plan.id)
  return isNew
}

/** Shows how far it is, where it is shown to all: what was sent to single people waits for the outcome. */
export const showProgress = async (store: Repositories, plan: Plan): Promise<void> =>
  putCards(store, plan, (await placesOf(store, plan)).targets)

/** What a replay had made has no card of its own: the replay's tells of it. */
async function putCards(
  store: Repositories,
  plan: Plan,
  targets: readonly MessageTarget[],
): Promise<void> {
  if (plan.replay !== undefined) return store.messages.touchPlan(plan.replay.planId)
  for (const target of targets)
    await store.messages.put({
      key: cardKey(plan, target),
      target,
      content: { kind: 'plan', planId: plan.id },
      priority: 1,
    })
}

/** Sends the card to people directly, so that an approver need not be in the room. */
export async function sendCard(
  store: Repositories,
  plan: Plan,
  userIds: readonly string[],
): Promise<void> {
  await putCards(
    store,
    plan,
    userIds.map((userId) => ({ kind: 'person' as const, userId })),
  )
}

/** One line in every place of a plan, and in its incidents' timelines. The key makes it once. */
export async function tellPlaces(
  store: Repositories,
  plan: Plan,
  { incidents, targets }: Places,
  about: {
    readonly key: string
    readonly line: RoomLine
    readonly at: Date
    readonly by: string | null
  },
): Promise<void> {
  await putLines(store, plan, targets, about)
  await noteInTimelines(store, incidents, about)
}

/** One line in each of these places. The key makes it once. */
export async function putLines(
  store: Repositories,
  plan: Plan,
  targets: readonly MessageTarget[],
  { key, line }: { readonly key: string; readonly line: RoomLine },
): Promise<void> {
  for (const target of targets)
    await store.messages.put({
      key: `${key}:${plan.id}:${nameOf(target)}`,
      target,
      content: { kind: 'line', line },
      priority: 1,
    })
}

/**
 * The same line directly to who asked, for what others had to judge or must still look at: they need not be in
 * the places. Whoever could act alone sees the outcome in their modal. The key makes it once.
 */
export async function tellRequester(
  store: Repositories,
  plan: Plan,
  { key, line }: { readonly key: string; readonly line: RoomLine },
): Promise<void> {
  if (plan.approvalsNeeded === 0 && !plan.isBreakGlass) return
  const target = { kind: 'person', userId: plan.actor.userId } as const
  await store.messages.put({
    key: `${key}:${plan.id}:${nameOf(target)}`,
    target,
    content: { kind: 'line', line: { ...line, mention: [] } },
    priority: 1,
  })
}

export async function noteInTimelines(
  store: Repositories,
  incidents: readonly Incident[],
  about: { readonly line: Pick<RoomLine, 'words'>; readonly at: Date; readonly by: string | null },
): Promise<void> {
  for (const incident of incidents) {
    await store.timeline.add({
      incidentId: incident.id,
      at: about.at,
      kind: 'action',
      actor: about.by,
      words: about.line.words,
    })
    await store.messages.touch(headlineKey(shownBy(incident)))
  }
}
