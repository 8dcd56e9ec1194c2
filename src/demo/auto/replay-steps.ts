import { ACTION_IDS } from '../../slack/action-ids.ts'
import { TROUBLE_QUEUE } from '../estate-queues.ts'
import { findElement, wordsOf, type UiMessage } from '../ui/shapes.ts'
import { LEAD, OPERATOR } from '../workspace.ts'
import type { PlanRecord } from './records.ts'
import {
  cardWith,
  expectThat,
  submitReason,
  until,
  type Outcome,
  type Room,
  type Scene,
} from './stage.ts'

const ASIDE = 'They wait in the vault until the provider is well again.'
const AGAIN = 'The provider answers again; the campaign is still wanted.'
/** Whatever goes wrong meanwhile begins the checklist's time anew, and on a quiet day it takes a minute for three jobs. */
const CHECKLIST_MS = 240_000
/** Small enough to be watched to its end, and all the rest after a click. */
const RAMP = 'ramp 10,100% by-hand'

/** Every failed job, aside. */
export interface Aside {
  readonly vault: number
  readonly jobs: number
}

/** A replay under way, with its card. */
export interface Replay {
  readonly plan: PlanRecord
  readonly card: UiMessage
}

/** All that failed goes into the vault: it must not run again before the provider is well. */
export async function setAside(scene: Scene, { channel }: Room): Promise<Outcome<Aside>> {
  const { ui, queue, records } = scene
  const jobs = await queue.failed()
  const open = () => ui.runCommand(channel, '/queue', 'quarantine')
  await submitReason(ui, open, ASIDE, `the preview of ${jobs} jobs`)
  const plan = await planIn(scene, 'quarantine', 'done')
  expectThat((await queue.failed()) === 0, 'jobs are left among the failed ones')
  const held = await records.held(plan.id)
  expectThat(held === jobs, `the vault has ${held} jobs, not ${jobs}`)
  const vault = await records.vaultOf(plan.id)
  return [{ vault, jobs }, `all ${jobs} failed jobs are in the vault as v${vault}`]
}

/** Asks for a ramp; the lead approves it from a direct message, and its canary runs. */
export async function canary(
  scene: Scene,
  { channel }: Room,
  { vault, jobs }: Aside,
): Promise<Outcome<Replay>> {
  const { ui, lead, queue, records } = scene
  const open = () => ui.runCommand(channel, '/queue', `replay v${vault} ${RAMP}`)
  await submitReason(ui, open, AGAIN, `the preview of a replay of ${jobs} jobs`)
  const plan = await planIn(scene, 'replay', 'requested')
  expectThat(plan.tier === 'T3', `the replay counts as ${plan.tier}, not as T3`)
  const isRequest = (message: UiMessage) =>
    findElement(message, ACTION_IDS.approve) !== null && wordsOf(message).includes(`v${vault}`)
  const direct = await lead.waitForDirectMessage(isRequest, 'a direct message to the approver')
  await lead.clickButton(direct, ACTION_IDS.approve)
  const card = await cardWith(ui, channel, ACTION_IDS.promote, 'a canary that waits for a click')
  const { completed, fed } = await records.replayed(plan.id)
  expectThat(fed === 10 && completed === 10, `${completed} of ${fed} jobs completed, not 10 of 10`)
  expectThat((await queue.failed()) === 0, 'a job of the canary failed')
  const held = await records.heldIn(vault)
  expectThat(held === jobs - 10, `the vault has ${held} of ${jobs} jobs`)
  const proof = /up to \d+(?:\.\d+)? %/.exec(wordsOf(card))?.[0]
  expectThat(proof !== undefined, `the card does not say what that proves: ${wordsOf(card)}`)
  return [
    { plan, card },
    `${LEAD.name} approves plan ${plan.number}; 10 of 10 completed, of the rest ${proof} may still fail: it waits for a click`,
  ]
}

/** By a click the rest follows, and every job has run. */
export async function promote(
  scene: Scene,
  { vault, jobs }: Aside,
  { plan, card }: Replay,
): Promise<Outcome<void>> {
  const { ui, queue, records } = scene
  await ui.clickButton(card, ACTION_IDS.promote)
  const done = await planIn(scene, 'replay', 'done')
  expectThat(done.id === plan.id, `plan ${done.number} is done, not ${plan.number}`)
  const { completed, fed } = await records.replayed(plan.id)
  expectThat(completed === jobs && fed === jobs, `${completed} of ${fed} of ${jobs} completed`)
  expectThat((await records.heldIn(vault)) === 0, 'the vault still has some of them')
  expectThat((await queue.failed()) === 0, 'jobs failed again')
  return [
    undefined,
    `${OPERATOR.name} promotes: all ${jobs} jobs completed, none failed, the vault is empty`,
  ]
}

/** Nobody clicks: the checklist holds for its time, and the incident ends by itself. */
export async function verified(scene: Scene, room: Room): Promise<Outcome<void>> {
  await until(
    'the incident to be resolved by itself',
    async () => {
      const incident = await scene.records.incident(TROUBLE_QUEUE)
      return incident?.state === 'resolved' ? true : null
    },
    CHECKLIST_MS,
  )
  const checks = await scene.records.recovery(room.incidentId)
  expectThat(checks !== null && checks.bad === 0, 'the incident was resolved with something wrong')
  const isBare = (message: UiMessage) =>
    message.ts === room.headlineTs &&
    message.blocks.every(({ type, accessory }) => type !== 'actions' && accessory === undefined)
  await scene.ui.waitForMessage(room.channel, isBare, 'a headline without buttons')
  return [
    undefined,
    `${checks?.good ?? 0} of ${checks?.all ?? 0} checks held for their time: incident ${room.incidentId} is resolved by itself`,
  ]
}

const ENDED: ReadonlySet<string> = new Set(['done', 'refused', 'failed', 'expired', 'cancelled'])

async function planIn(
  { records }: Scene,
  action: 'quarantine' | 'replay',
  state: string,
): Promise<PlanRecord> {
  const plan = await until(`the ${action} to be ${state}`, async () => {
    const found = await records.plan(TROUBLE_QUEUE, action)
    return found !== null && (found.state === state || ENDED.has(found.state)) ? found : null
  })
  expectThat(plan.state === state, `the ${action} is ${plan.state}, not ${state}`)
  return plan
}
