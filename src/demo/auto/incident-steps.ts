import { ACTION_IDS } from '../../slack/action-ids.ts'
import { TROUBLE_QUEUE } from '../estate-queues.ts'
import { findElement, wordsOf } from '../ui/shapes.ts'
import { OPERATOR, OPS_CHANNEL } from '../workspace.ts'
import type { IncidentRecord } from './records.ts'
import { headlineWith, holdsTrue, until, type Outcome, type Room, type Scene } from './stage.ts'

export async function alertArrives(
  { records, eyeOf }: Scene,
  queue: string,
): Promise<Outcome<IncidentRecord>> {
  const incident = await until(`an incident of ${queue} with a firing alert`, async () => {
    const found = await records.incident(queue)
    return found !== null && found.firing > 0 ? found : null
  })
  const backlog = await eyeOf(queue).backlog()
  return [incident, `incident ${incident.id} for ${queue}; ${backlog} jobs wait in Redis`]
}

export async function roomOpens(
  { records, ui }: Scene,
  queue: string,
  { id }: IncidentRecord,
): Promise<Outcome<Room>> {
  const channel = await until('a room in the database', async () => {
    const found = await records.incident(queue)
    return found?.channelId ?? null
  })
  const { name } = await ui.waitForChannel((found) => found.id === channel, 'the room in Slack')
  const headline = await ui.waitForMessage(
    channel,
    (message) => findElement(message, ACTION_IDS.ack) !== null,
    'a headline with its buttons',
  )
  await until('every step of the room', async () => {
    const steps = await records.roomSteps(id)
    return holdsTrue(
      Promise.resolve(steps.length > 0 && steps.every(({ state }) => state === 'done')),
    )
  }).catch(async (cause: unknown) => {
    const open = (await records.roomSteps(id)).filter(({ state }) => state !== 'done')
    throw new Error(`steps of the room are not done: ${JSON.stringify(open)}`, { cause })
  })
  await ui.waitForMessage(
    OPS_CHANNEL.id,
    (message) => wordsOf(message).includes(channel),
    'a line in the ops channel',
  )
  const room = { incidentId: id, channel, headlineTs: headline.ts }
  return [
    room,
    `#${name}, headline with buttons, invited, topic, pinned, told in #${OPS_CHANNEL.name}`,
  ]
}

export async function acknowledge(scene: Scene, room: Room): Promise<Outcome<void>> {
  const { ui, records } = scene
  const headline = await headlineWith(scene, room, () => true, 'the headline')
  await ui.clickButton(headline, ACTION_IDS.ack)
  await until(`${OPERATOR.name} as lead in the database`, async () => {
    const incident = await records.incident(TROUBLE_QUEUE)
    return incident?.isAcknowledged === true && incident.lead === OPERATOR.id ? true : null
  })
  const mention = `<@${OPERATOR.id}>`
  await headlineWith(scene, room, (m) => wordsOf(m).includes(mention), 'the lead on the headline')
  return [undefined, `${OPERATOR.name} leads, in the database and on the headline`]
}

export async function allClear({ records }: Scene): Promise<Outcome<void>> {
  const incident = await until('the alert to be resolved', async () => {
    const found = await records.incident(TROUBLE_QUEUE)
    return found?.firing === 0 ? found : null
  })
  return [undefined, `the alert is resolved; incident ${incident.id} is ${incident.state}`]
}
