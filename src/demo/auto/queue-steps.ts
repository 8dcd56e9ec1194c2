import { setTimeout as delay } from 'node:timers/promises'

import { ACTION_IDS } from '../../slack/action-ids.ts'
import { TROUBLE_QUEUE } from '../estate-queues.ts'
import { findElement, type UiMessage } from '../ui/shapes.ts'
import { OPERATOR } from '../workspace.ts'
import type { QueueEye } from './queue-eye.ts'
import {
  ask,
  expectThat,
  headlineWith,
  holdsTrue,
  LOOK_MS,
  submitReason,
  until,
  type Outcome,
  type Room,
  type Scene,
} from './stage.ts'

const REASON = 'The provider times out; no use in burning messages.'
const ALL_CLEAR = 'The provider answers again.'
/** What redaction must keep out of Slack; see the payloads of the sample workers. */
const SECRETS = ['@customer.example', 'wk_live_', 'RO49AAAA', '+407']

export async function status(scene: Scene, { channel }: Room): Promise<Outcome<void>> {
  const words = await ask(scene, channel, ['/queue', 'status'], (text) => /waiting/i.test(text))
  expectThat(words.includes(TROUBLE_QUEUE), `the status does not name the room's queue: ${words}`)
  return [undefined, firstLines(words)]
}

export async function failed(scene: Scene, { channel }: Room): Promise<Outcome<void>> {
  await until('failed jobs in Redis', () =>
    holdsTrue(scene.queue.failed().then((count) => count > 0)),
  )
  const words = await ask(scene, channel, ['/queue', 'failed'], (text) =>
    text.includes('ETIMEDOUT'),
  )
  const leaked = SECRETS.filter((secret) => words.includes(secret))
  expectThat(leaked.length === 0, `personal data or keys got into Slack: ${leaked.join(', ')}`)
  return [
    undefined,
    `ETIMEDOUT grouped, payload redacted; ${await scene.queue.failed()} failed in Redis`,
  ]
}

/** Opens the modal of a headline button, gives the reason, and waits for the plan to be done. */
async function act(
  scene: Scene,
  room: Room,
  action: 'pause' | 'resume',
  reason: string,
): Promise<void> {
  const { ui, records } = scene
  const actionId = ACTION_IDS[action]
  const hasButton = (message: UiMessage) => findElement(message, actionId) !== null
  const headline = await headlineWith(scene, room, hasButton, `a ${action} button on the headline`)
  const open = () => ui.clickButton(headline, actionId)
  await submitReason(ui, open, reason, `the preview of ${action}`)
  const plan = await until(`the ${action} to end`, async () => {
    const found = await records.plan(TROUBLE_QUEUE, action)
    return found !== null && ENDED.has(found.state) ? found : null
  })
  expectThat(plan.state === 'done', `the ${action} ended as ${plan.state}`)
  expectThat(plan.by === OPERATOR.id, `the ${action} is on record as by ${plan.by}`)
  expectThat(plan.reason === reason, `the reason on record is ${plan.reason}`)
}

const ENDED: ReadonlySet<string> = new Set(['done', 'refused', 'failed', 'expired', 'cancelled'])

export async function pause(scene: Scene, room: Room): Promise<Outcome<void>> {
  await act(scene, room, 'pause', REASON)
  expectThat(await scene.queue.isPaused(), 'Redis has no pause flag')
  const hold = await scene.records.hold(TROUBLE_QUEUE)
  expectThat(hold?.isActive === true, 'the database has no active hold')
  return [undefined, `flag in Redis, hold in the database (${hold?.proof})`]
}

/** The queue holds if, with workers there and jobs waiting, the next job stays the next. */
export async function holds(scene: Scene, room: Room): Promise<Outcome<void>> {
  const { queue, estate } = scene
  await until('the running jobs to finish', () => holdsTrue(queue.active().then((n) => n === 0)))
  const next = await queue.next()
  expectThat(next !== null, 'nothing waits, so nothing is proven')
  for (let look = 0; look < 20; look += 1) {
    await delay(LOOK_MS)
    expectThat((await queue.active()) === 0, 'a worker took a job of the paused queue')
    expectThat((await queue.next()) === next, 'the next job of the paused queue moved')
  }
  estate.heal(TROUBLE_QUEUE)
  const count = await untilStill(queue)
  const isShown = (words: string) => words.replaceAll(',', '').includes(String(count))
  await ask(scene, room.channel, ['/queue', 'status'], isShown)
  return [
    undefined,
    `job ${next} stayed next for 2 s, none ran; ${count} wait in Redis and in /queue status`,
  ]
}

/** The backlog once no more comes in. */
const untilStill = (queue: QueueEye): Promise<number> =>
  until('the campaign to end', async () => {
    const count = await queue.backlog()
    await delay(1200)
    return (await queue.backlog()) === count ? count : null
  })

export async function resume(scene: Scene, room: Room): Promise<Outcome<void>> {
  await act(scene, room, 'resume', ALL_CLEAR)
  expectThat(!(await scene.queue.isPaused()), 'the pause flag is still in Redis')
  const hold = await scene.records.hold(TROUBLE_QUEUE)
  expectThat(hold?.isActive === false, 'the hold is still active in the database')
  const before = await scene.queue.backlog()
  await until('the backlog to drain', () => holdsTrue(scene.queue.backlog().then((n) => n < 20)))
  return [undefined, `flag and hold are gone; the backlog went from ${before} to almost nothing`]
}

const firstLines = (words: string): string =>
  words.split('\n').slice(0, 3).join(' · ').replaceAll(/\s+/g, ' ').slice(0, 140)
