import type { Incident } from '../../domain/incident.ts'
import type { RoomLine } from '../../domain/message.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { quote } from '../../domain/quote.ts'

/** Logical names of an incident's messages in the outbox. */
export const headlineKey = (incidentId: number): string => `headline:${incidentId}`
export const announcementKey = (incidentId: number): string => `announcement:${incidentId}`

/** The incident whose room and messages stand for this one: its storm's, if it is a line of one. */
export const shownBy = (incident: Pick<Incident, 'id' | 'stormId'>): number =>
  incident.stormId ?? incident.id

/** Has what people see of an incident rendered again. */
export async function touchIncident(
  store: Repositories,
  incident: Pick<Incident, 'id' | 'stormId'>,
): Promise<void> {
  await store.messages.touch(headlineKey(shownBy(incident)))
  await store.messages.touch(announcementKey(shownBy(incident)))
}

/** One line in the room that shows this incident. The key makes it once. */
export async function sayInRoom(
  store: Repositories,
  incident: Pick<Incident, 'id' | 'stormId'>,
  key: string,
  line: RoomLine,
): Promise<void> {
  await store.messages.put({
    key,
    target: { kind: 'room', incidentId: shownBy(incident) },
    content: { kind: 'line', line },
    priority: 1,
  })
}

/** One line in the ops channel about an incident, with the room that shows it. The key makes it once. */
export async function sayInOps(
  store: Repositories,
  incident: Incident,
  key: string,
  words: string,
): Promise<void> {
  const room = incident.channelId === null ? '' : ` <#${incident.channelId}>`
  await store.messages.put({
    key,
    target: { kind: 'ops' },
    content: {
      kind: 'line',
      line: {
        icon: 'alert',
        words: `*${incident.severity}* incident ${incident.id} ${quote(incident.title)}: ${words}${room}`,
        mention: [],
      },
    },
    priority: 1,
  })
}

/** Writes down that an incident has become worse. */
export async function noteRise(
  store: Repositories,
  before: Incident,
  after: Incident,
  at: Date,
): Promise<void> {
  if (before.severity === after.severity) return
  const words = `Severity rose from ${before.severity} to ${after.severity}`
  await store.timeline.add({ incidentId: after.id, at, kind: 'severity', actor: null, words })
}
