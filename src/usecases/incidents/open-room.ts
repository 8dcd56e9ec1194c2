import { OperatorError } from '../../domain/errors.ts'
import type { Incident, RoomStep, RoomStepName } from '../../domain/incident.ts'
import { ChatRefusal } from '../../domain/ports/chat.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { roomName, roomTopic } from '../../domain/room.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { announcementKey, headlineKey, sayInOps } from './touch.ts'

/** Names tried for one room before a person must look. */
const NAME_TRIES = 5
const RETRY_MAX_MS = 10 * 60_000
/** Longer than one call to Slack may take: nobody starts a step while its call is on the way. */
const LEASE_MS = 15_000
/** Slack's words for a room that takes nothing any more. */
const ROOM_GONE = new Set(['is_archived', 'channel_not_found'])

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
 * as failed and tried again. Returns when to come back, in milliseconds, or null when all is done, when
 * somebody else is at it, and when the incident is over: then nobody needs a room any more.
 */
export async function openRoom(deps: Deps, incidentId: number): Promise<number | null> {
  const steps = await deps.store.now.rooms.steps(incidentId)
  let comeBack: number | null = null
  for (const step of steps.filter(({ state }) => state !== 'done')) {
    const incident = await deps.store.now.incidents.byId(incidentId)
    if (incident === null || incident.state === 'resolved') return null
    if (!(await claim(deps, step))) return null
    const wait = await runStep(deps, { incident, step })
    if (wait === null) continue
    comeBack = Math.min(comeBack ?? wait, wait)
    if (step.step === 'create' || wait === 0) break
  }
  return comeBack
}

const leaseEnd = ({ clock }: Deps): Date => new Date(clock.now().getTime() + LEASE_MS)

const claim = (deps: Deps, step: RoomStep): Promise<boolean> =>
  deps.store.now.rooms.attempt(step, deps.clock.now(), leaseEnd(deps))

/** With the step claimed. */
async function runStep(deps: Deps, work: RoomWork): Promise<number | null> {
  const { incident, step } = work
  try {
    await STEPS[step.step](deps, work)
  } catch (error) {
    if (!(error instanceof NotYet)) return failed(deps, work, error)
    await deps.store.now.rooms.release(incident.id, step.step)
    return 1_000
  }
  await deps.store.transaction((store) => settle(deps, store, work))
  deps.log.info({ event: 'room.step_done', ...factsOf(work) }, 'room step done')
  return null
}

const factsOf = ({ incident, step }: RoomWork) => ({
  correlation: incident.correlationId,
  incident: incident.id,
  step: step.step,
})

async function settle(deps: Deps, store: Repositories, { incident, step }: RoomWork) {
  await store.rooms.settle(incident.id, step.step, 'done', null)
  await note(deps, store, incident, DONE_WORDS[step.step])
  if (step.step === 'create') await postHeadline(store, incident.id)
  else if (step.state === 'failed') await store.messages.touch(headlineKey(incident.id))
}

const note = ({ clock }: Deps, store: Repositories, { id }: Incident, words: string) =>
  store.timeline.add({ incidentId: id, at: clock.now(), kind: 'room', actor: null, words })

/** The room is there: its headline goes in, and the ops channel's line can link to it. */
async function postHeadline(store: Repositories, incidentId: number): Promise<void> {
  const isReplaced = (await store.messages.byKey(headlineKey(incidentId))) !== null
  await store.messages.put({
    key: headlineKey(incidentId),
    target: { kind: 'room', incidentId },
    content: { kind: 'headline', incidentId },
    priority: 0,
  })
  await store.messages.touch(announcementKey(incidentId))
  const incident = isReplaced ? await store.incidents.byId(incidentId) : null
  if (incident === null || incident.channelId === null) return
  const words = 'its room was archived or removed; it goes on in'
  await sayInOps(store, incident, `ops:moved:${incidentId}:${incident.channelId}`, words)
}

async function failed(deps: Deps, work: RoomWork, error: unknown): Promise<number> {
  if (!(error instanceof ChatRefusal) && !(error instanceof OperatorError)) throw error
  const { incident, step } = work
  const problem = error.message
  deps.log.warn({ event: 'room.step_failed', ...factsOf(work), problem }, 'room step failed')
  const isGone = error instanceof ChatRefusal && ROOM_GONE.has(error.code)
  await deps.store.transaction(async (store) => {
    if (step.problem !== problem)
      await note(deps, store, incident, `Failed: ${step.step}: ${problem}`)
    if (isGone && incident.channelId !== null)
      return store.rooms.replace(incident.id, headlineKey(incident.id))
    await store.rooms.settle(incident.id, step.step, 'failed', problem)
    await store.messages.touch(headlineKey(incident.id))
    if (step.step === 'create') await store.messages.touch(announcementKey(incident.id))
  })
  return isGone ? 0 : Math.min(RETRY_MAX_MS, 2_000 * 2 ** Math.min(step.attempts, 9))
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

/**
 * A clash gets a new suffix; an existing channel is adopted only if this very room's last try made it. A name
 * that is taken may have been taken by whoever had this step before us: the incident then knows its channel.
 */
async function createRoom(deps: Deps, work: RoomWork): Promise<void> {
  const { incident, step } = work
  const { template } = deps.settings.rooms
  for (let attempt = 1; attempt <= NAME_TRIES; attempt += 1) {
    if (await hasChannel(deps, incident.id)) return
    if (!(await deps.store.now.rooms.renew(step, leaseEnd(deps))))
      throw new NotYet('somebody else opens the room')
    const name = roomName(template, incident, deps.settings.timeZone, attempt)
    const room = await createOrRecover(deps, name, work)
    if (room === null) continue
    await deps.store.now.incidents.update(incident.id, {
      channelId: room.channelId,
      channelName: room.name,
    })
    return
  }
  throw new ChatRefusal('name_taken', `Slack has channels of all ${NAME_TRIES} names already.`)
}

async function hasChannel({ store }: Deps, incidentId: number): Promise<boolean> {
  const incident = await store.now.incidents.byId(incidentId)
  return incident !== null && incident.channelId !== null
}

async function createOrRecover(
  deps: Deps,
  name: string,
  { incident, step }: RoomWork,
): Promise<{ readonly channelId: string; readonly name: string } | null> {
  try {
    return await deps.chat.createRoom(name, deps.settings.rooms.isPrivate)
  } catch (error) {
    if (!(error instanceof ChatRefusal) || error.code !== 'name_taken') throw error
    const isRetry = step.attempts > 0
    const own = isRetry ? await deps.chat.findOwnRoom(name, incident.openedAt) : null
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
