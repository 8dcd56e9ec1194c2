import { ACTION_IDS } from '../../slack/action-ids.ts'
import { TROUBLE_QUEUE } from '../estate-queues.ts'
import { findElement, offerOf, wordsOf, type UiMessage } from '../ui/shapes.ts'
import type { PlanRecord } from './records.ts'
import { expectThat, submitReason, until, type Outcome, type Room, type Scene } from './stage.ts'

/** What failed most: one error, of one type of job. */
const FAILURE = 'ETIMEDOUT'
const TYPE = '"name":"whatsapp.send"'
/** A button, or in the menu of its failure where the remedy advises something else. */
const QUARANTINE = 'Quarantine…'
const REASON = 'Each would write to a customer whom the shop may have called meanwhile.'
const NO_MATTER = 'The shop has called nobody.'

/** Failed jobs as Redis has them, whole. */
type Failures = ReadonlyMap<string, string>

/** What was taken, and all that failed before. */
interface Taken {
  readonly plan: PlanRecord
  readonly card: UiMessage
  readonly before: Failures
}

/** What failed, with buttons for each failure. */
export async function failures(
  { ui, queue }: Scene,
  { channel }: Room,
): Promise<Outcome<UiMessage>> {
  const count = await queue.failed()
  const before = ui.messages(channel).at(-1)?.ts ?? ''
  await ui.runCommand(channel, '/queue', `failed ${TROUBLE_QUEUE}`)
  const answer = await ui.waitForMessage(
    channel,
    (message) => message.ts > before && offerOf(message, QUARANTINE) !== null,
    'failed jobs with their buttons',
  )
  const words = wordsOf(answer)
  expectThat(words.includes(`${count} failed jobs`), `Redis has ${count}; the answer: ${words}`)
  const times = [...words.matchAll(/(\d+)×/g)].map(([, one]) => Number(one))
  const sum = times.reduce((total, one) => total + one, 0)
  expectThat(sum === count, `${times.join(' + ')} is not ${count}`)
  return [answer, `${count} failed jobs in Redis: ${times.join(' + ')} by what failed`]
}

/** The jobs of the first failure leave the queue, but not before the vault has them. */
export async function quarantine(scene: Scene, answer: UiMessage): Promise<Outcome<Taken>> {
  const { ui, queue, records } = scene
  const before = await queue.failures()
  const meant = [...before.values()].filter(isMeant).length
  const open = () => ui.clickLabel(answer, QUARANTINE)
  await submitReason(ui, open, REASON, `the preview of ${meant} jobs`)
  const plan = await planDone(scene, 'quarantine')
  const left = [...(await queue.failures()).values()]
  expectThat(!left.some(isMeant), 'jobs that were meant are still in Redis')
  expectThat(left.length === before.size - meant, `${left.length} of ${before.size} are left`)
  const held = await records.held(plan.id)
  expectThat(held === meant, `the vault has ${held} jobs, not ${meant}`)
  // The pause's card has an undo, too.
  const isOutcome = (message: UiMessage) =>
    findElement(message, ACTION_IDS.undo) !== null && wordsOf(message).includes('the vault')
  const card = await ui.waitForMessage(answer.channel, isOutcome, 'the outcome with its undo')
  return [
    { plan, card, before },
    `${meant} jobs that met ${FAILURE} are in the vault, content and all; ${left.length} stay in Redis`,
  ]
}

const isMeant = (job: string): boolean => job.includes(FAILURE) && job.includes(TYPE)

/** Undone, each is in its old place, with every field as it was. */
export async function putBack(scene: Scene, taken: Taken): Promise<Outcome<void>> {
  const { plan, card, before } = taken
  const { ui, queue, records } = scene
  const open = () => ui.clickButton(card, ACTION_IDS.undo)
  await submitReason(ui, open, NO_MATTER, 'the preview of the undo')
  await planDone(scene, 'release')
  const after = await queue.failures()
  const changed = [...before].filter(([id, job]) => after.get(id) !== job)
  const [[id, was] = ['', '']] = changed
  expectThat(
    changed.length === 0,
    `${changed.length} changed; job ${id} was ${was}, is ${after.get(id)}`,
  )
  const held = await records.held(plan.id)
  expectThat(held === 0, `the vault still has ${held}`)
  return [undefined, `all ${before.size} failed jobs are in Redis again, every field as it was`]
}

const ENDED: ReadonlySet<string> = new Set(['done', 'refused', 'failed', 'expired', 'cancelled'])

async function planDone({ records }: Scene, action: 'quarantine' | 'release'): Promise<PlanRecord> {
  const plan = await until(`the ${action} to end`, async () => {
    const found = await records.plan(TROUBLE_QUEUE, action)
    return found !== null && ENDED.has(found.state) ? found : null
  })
  expectThat(plan.state === 'done', `the ${action} ended as ${plan.state}`)
  return plan
}
