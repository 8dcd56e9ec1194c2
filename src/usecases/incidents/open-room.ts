import { OperatorError } from '../../domain/errors.ts'
import type { Incident, RoomStep, RoomStepName } from '../../domain/incident.ts'
import { ChatRefusal } from '../../domain/ports/chat.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { roomName, roomTopic } from '../../domain/room.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { announcementKey, headlineKey } from './touch.ts'

/** Names tried for one room before a person must look. */
const NAME_TRIES = 5
const RETRY_MAX_MS = 10 * 60_000

/** What a step needs to know and may change. */
interface RoomWork {
  readonly incident: Incident
  readonly step: RoomStep
}

/** A step that cannot be done yet, though nothing is wrong. */
class NotYet extends Error {
  override readonly name = 'NotYet'
}

/**
 * Does what is left of a room's steps. The channel comes first; each other step fails alone, is shown
 * as failed and tried again. Returns when to come back, in milliseconds, or null when all is done.
 */
export async function openRoom(deps: Deps, incidentId: number): Promise<number | null> {
  const steps = await deps.store.now.rooms.steps(incidentId)
  let comeBack: number | null = null
  for (const step of steps.filter(({ state }) => state !== 'done')) {
    const incident = await deps.store.now.incidents.byId(incidentId)
    if (incident === null) return null
    const wait = await runStep(deps, { incident, step })
    if (wait === null) continue
    comeBack = Math.min(comeBack ?? wait, wait)
    if (step.step === 'create') break
  }
  return comeBack
}

async function runStep(deps: Deps, work: RoomWork): Promise<number | null> {
  const { incident, step } = work
  await deps.store.now.rooms.attempt(incident.id, step.step)
  try {
    await STEPS[step.step](deps, work)
  } catch (error) {
    if (error instanceof NotYet) return 1_000
    return failed(deps, work, error)
  }
  await deps.store.transaction(async (store) => {
    await store.rooms.settle(incident.id, step.step, 'done', null)
    await store.timeline.add({
      incidentId: incident.id,
      at: deps.clock.now(),
      kind: 'room',
      actor: null,
      words: DONE_WORDS[step.step],
    })
    if (step.step === 'create') await postHeadline(store, incident.id)
    else if (step.state === 'failed') await store.messages.touch(headlineKey(incident.id))
  })
  return null
}

/** The room is there: its headline goes in, and the ops channel's line can link to it. */
async function postHeadline(store: Repositories, incidentId: number): Promise<void> {
  await store.messages.put({
    key: headlineKey(incidentId),
    target: { kind: 'room', incidentId },
    content: { kind: 'headline', incidentId },
    priority: 0,
  })
  await store.messages.touch(announcementKey(incidentId))
}

async function failed(deps: Deps, { incident, step }: RoomWork, error: unknown): Promise<number> {
  if (!(error instanceof ChatRefusal) && !(error instanceof OperatorError)) throw error
  const problem = error.message
  deps.log.warn(
    { event: 'room.step_failed', incident: incident.id, step: step.step, problem },
    'room step failed',
  )
  await deps.store.transaction(async (store) => {
    await store.rooms.settle(incident.id, step.step, 'failed', problem)
    await store.messages.touch(headlineKey(incident.id))
    if (step.step === 'create') await store.messages.touch(announcementKey(incident.id))
  })
  return Math.min(RETRY_MAX_MS, 2_000 * 2 ** Math.min(step.attempts, 9))
}

const DONE_WORDS: Readonly<Record<RoomStepName, string>> = {
  create: 'Room opened',
  invite: 'On-call and owners invited',
  topic: 'Topic set',
  pin: 'Headline pinned',
}

type Step = (deps: Deps, work: RoomWork) => Promise<void>

const STEPS: Readonly<Record<RoomStepName, Step>> = {
  create: createRoom,
  invite,
  topic: async (deps, { incident }) => deps.chat.setTopic(channelOf(incident), roomTopic(incident)),
  pin,
}

/** A clash gets a new suffix; an existing channel is adopted only if this very room's last try made it. */
async function createRoom(deps: Deps, { incident, step }: RoomWork): Promise<void> {
  // Noted by an attempt that ended before it could say that it was done.
  if (incident.channelId !== null) return
  const { template, isPrivate } = deps.settings.rooms
  for (let attempt = 1; attempt <= NAME_TRIES; attempt += 1) {
    const name = roomName(template, incident, deps.settings.timeZone, attempt)
    const room = await createOrRecover(deps, name, {
      isPrivate,
      isRetry: step.attempts > 0,
      since: incident.openedAt,
    })
    if (room === null) continue
    await deps.store.now.incidents.update(incident.id, {
      channelId: room.channelId,
      channelName: room.name,
    })
    return
  }
  throw new ChatRefusal('name_taken', `${NAME_TRIES} names were taken`)
}

async function createOrRecover(
  deps: Deps,
  name: string,
  { isPrivate, isRetry, since }: { isPrivate: boolean; isRetry: boolean; since: Date },
): Promise<{ readonly channelId: string; readonly name: string } | null> {
  try {
    return await deps.chat.createRoom(name, isPrivate)
  } catch (error) {
    if (!(error instanceof ChatRefusal) || error.code !== 'name_taken') throw error
    const own = isRetry ? await deps.chat.findOwnRoom(name, since) : null
    const isFree =
      own !== null && (await deps.store.now.incidents.byChannel(own.channelId)) === null
    return isFree ? own : null
  }
}

/** One wrong group or person keeps nobody else out: who can be found is invited, then the step fails. */
async function invite(deps: Deps, { incident }: RoomWork): Promise<void> {
  const owners = incident.ref === null ? [] : ruleFor(deps.settings, incident.ref).owners
  const wanted = [...new Set([...deps.settings.rooms.invite, ...owners])]
  const groups = await Promise.allSettled(
    wanted.filter((id) => id.startsWith('S')).map((id) => deps.chat.groupMembers(id)),
  )
  const members = groups.flatMap((group) => (group.status === 'fulfilled' ? group.value : []))
  const people = new Set([...wanted.filter((id) => !id.startsWith('S')), ...members])
  if (people.size > 0) await deps.chat.invite(channelOf(incident), [...people])
  for (const group of groups) if (group.status === 'rejected') throw group.reason
}

async function pin(deps: Deps, { incident }: RoomWork): Promise<void> {
  const headline = await deps.store.now.messages.byKey(headlineKey(incident.id))
  if (headline === null || headline.ts === null) throw new NotYet('the headline is not posted yet')
  await deps.chat.pin(channelOf(incident), headline.ts)
}

function channelOf(incident: Incident): string {
  if (incident.channelId === null) throw new NotYet('the channel does not exist yet')
  return incident.channelId
}
