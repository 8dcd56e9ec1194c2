import { ACTION_IDS } from '../../slack/action-ids.ts'
import { BANK_QUEUE } from '../estate-queues.ts'
import type { UiClient } from '../ui-client.ts'
import { findElement, wordsOf, type UiMessage } from '../ui/shapes.ts'
import { LEAD, OPERATOR, VIEWER } from '../workspace.ts'
import type { PlanRecord } from './records.ts'
import { cardWith, expectThat, submitReason, until } from './stage.ts'
import type { Outcome, Room, Scene } from './stage.ts'

const REASON =
  'The bank is in maintenance for an hour; captures sent meanwhile may be charged twice.'
const BANK_IS_BACK = 'The bank is back early.'

/** A request, with its card in the room. */
export interface Request {
  readonly plan: PlanRecord
  readonly card: UiMessage
}

/** Asks for what one person may not decide alone; nothing happens yet. */
export async function request(scene: Scene, { channel }: Room): Promise<Outcome<Request>> {
  const { ui } = scene
  const open = () => ui.runCommand(channel, '/queue', 'pause for 1h')
  await submitReason(ui, open, REASON, `the preview of a pause of ${BANK_QUEUE}`)
  const plan = await planOf(scene, 'pause', 'requested')
  expectThat(plan.tier === 'T3', `the pause counts as ${plan.tier}, not as T3`)
  const card = await cardWith(ui, channel, ACTION_IDS.approve, 'a card that asks for approval')
  expectThat(wordsOf(card).includes(REASON), `the card does not say why: ${wordsOf(card)}`)
  await expectRunning(scene)
  return [
    { plan, card },
    `${OPERATOR.name} wants to pause ${BANK_QUEUE} for an hour: plan ${plan.number} waits for somebody else, the queue runs`,
  ]
}

/** Neither the requester nor somebody without the role gets it through; both are told why. */
export async function refusals(scene: Scene, { plan, card }: Request): Promise<Outcome<void>> {
  const own = await refusal(scene.ui, card, 'another person has to judge it')
  const other = await refusal(scene.viewer, card, 'approve')
  await expectRunning(scene)
  const now = await planOf(scene, 'pause', 'requested')
  expectThat(now.approvedBy === '', `the database has an approval by ${now.approvedBy}`)
  const denied = await scene.records.lastEntry(plan.id, 'denied')
  expectThat(denied !== null, 'the trail does not tell of the refusals')
  return [
    undefined,
    `${OPERATOR.name} is told "${own}"; ${VIEWER.name}: "${other}"; no approval in the database, the queue runs`,
  ]
}

/** Clicks Approve and gives the first line of the answer that only this person sees. */
async function refusal(ui: UiClient, card: UiMessage, words: string): Promise<string> {
  await ui.clickButton(card, ACTION_IDS.approve)
  const answer = await ui.waitForMessage(
    card.channel,
    (message) => message.ephemeral_to !== undefined && wordsOf(message).includes(words),
    'a refusal in words',
  )
  return answer.text.split('\n')[0] ?? ''
}

/** The approver uses the direct message; the room's card shows what became of it. */
export async function approve(
  scene: Scene,
  room: Room,
  { plan, card }: Request,
): Promise<Outcome<UiMessage>> {
  const { lead, records, ui } = scene
  const isRequest = (message: UiMessage) => findElement(message, ACTION_IDS.approve) !== null
  const direct = await lead.waitForDirectMessage(isRequest, 'a direct message to the approver')
  await lead.clickButton(direct, ACTION_IDS.approve)
  const done = await planOf(scene, 'pause', 'done')
  expectThat(done.approvedBy === LEAD.id, `the approvals are by ${done.approvedBy}`)
  const eye = scene.eyeOf(BANK_QUEUE)
  expectThat(await eye.isPaused(), 'Redis has no pause flag')
  const hold = await records.hold(BANK_QUEUE)
  expectThat(hold?.isActive === true && hold.minutes === 60, 'no hold of an hour in the database')
  expectThat(hold?.proof === 'held', `the hold is ${hold?.proof}, not proven`)
  const isOutcome = (message: UiMessage) =>
    message.ts === card.ts && findElement(message, ACTION_IDS.undo) !== null && !isRequest(message)
  const outcome = await ui.waitForMessage(room.channel, isOutcome, 'the outcome with its undo')
  expectThat(
    wordsOf(outcome).includes(`Approved by <@${LEAD.id}>`),
    `the card does not say who approved: ${wordsOf(outcome)}`,
  )
  return [
    outcome,
    `${LEAD.name} approves plan ${plan.number} from a direct message: flag in Redis for 60 min, seen to hold; undo is offered`,
  ]
}

/** Taking it back soon is no decision for two. */
export async function undo(scene: Scene, card: UiMessage): Promise<Outcome<void>> {
  const open = () => scene.ui.clickButton(card, ACTION_IDS.undo)
  await submitReason(scene.ui, open, BANK_IS_BACK, 'the preview of the undo')
  const plan = await planOf(scene, 'resume', 'done')
  await expectRunning(scene)
  scene.estate.heal(BANK_QUEUE)
  return [undefined, `plan ${plan.number} (${plan.tier}): the flag is gone from Redis`]
}

async function expectRunning({ eyeOf }: Scene): Promise<void> {
  expectThat(!(await eyeOf(BANK_QUEUE).isPaused()), `${BANK_QUEUE} is paused in Redis`)
}

const planOf = ({ records }: Scene, action: 'pause' | 'resume', state: string) =>
  until(`the ${action} of ${BANK_QUEUE} to be ${state}`, async () => {
    const found = await records.plan(BANK_QUEUE, action)
    return found?.state === state ? found : null
  })
