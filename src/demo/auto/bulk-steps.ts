import { ACTION_IDS } from '../../slack/action-ids.ts'
import { VAT_GLOB, VAT_QUEUES } from '../estate-queues.ts'
import { slowRegister } from '../trouble.ts'
import { findElement, wordsOf, type UiMessage } from '../ui/shapes.ts'
import { OPS_CHANNEL } from '../workspace.ts'
import type { PlanRecord } from './records.ts'
import { expectThat, holdsTrue, submitReason, until, type Outcome, type Scene } from './stage.ts'

const REASON = 'The register of VAT numbers is overloaded.'
const ALL_CLEAR = 'The register keeps up again.'
const BAR = /[▓░]{12} (\d+ of \d+)/

/** Many queues by one word, with progress while they are paused. */
export async function pauseMany(scene: Scene): Promise<Outcome<UiMessage>> {
  const { ui, estate, records } = scene
  slowRegister(estate)
  await until('work in every queue', () => holdsTrue(all(scene, (eye) => eye.backlog().then(some))))
  const open = () => ui.runCommand(OPS_CHANNEL.id, '/queue', `pause ${VAT_GLOB} for 10m`)
  await submitReason(ui, open, REASON, `the preview of ${VAT_QUEUES.length} queues`)
  // The bar stands for two seconds; on a slow machine the first that is seen may be the outcome.
  const first = await ui.waitForMessage(
    OPS_CHANNEL.id,
    (message) => BAR.test(wordsOf(message)) || isOutcome(message),
    'a progress bar',
  )
  const plan = await planDone(scene, 'pause')
  expectThat(await all(scene, (eye) => eye.isPaused()), 'not every queue has its flag in Redis')
  const { active, proven } = await records.activeHolds(plan.id)
  expectThat(active === VAT_QUEUES.length, `the database has ${active} active holds`)
  const card = await ui.waitForMessage(
    OPS_CHANNEL.id,
    (message) => message.ts === first.ts && isOutcome(message),
    'the outcome with its undo',
  )
  const progress = BAR.exec(wordsOf(first))?.[1] ?? 'at once'
  return [
    card,
    `"${VAT_GLOB}" is ${plan.queues} queues: one plan, its card showed ${progress}, every flag in Redis, ${proven} seen to hold`,
  ]
}

const isOutcome = (message: UiMessage): boolean =>
  findElement(message, ACTION_IDS.undo) !== null && wordsOf(message).includes(VAT_GLOB)

export async function undoMany(scene: Scene, card: UiMessage): Promise<Outcome<void>> {
  const { ui, estate, records } = scene
  const open = () => ui.clickButton(card, ACTION_IDS.undo)
  await submitReason(ui, open, ALL_CLEAR, 'the preview of the undo')
  for (const queue of VAT_QUEUES) estate.heal(queue)
  const plan = await planDone(scene, 'resume')
  const isRunning = await all(scene, (eye) => eye.isPaused().then((isPaused) => !isPaused))
  expectThat(isRunning, 'a flag is still in Redis')
  const paused = await records.plan(VAT_QUEUES[0] ?? '', 'pause')
  const { active } = await records.activeHolds(paused?.id ?? '')
  expectThat(active === 0, `the database still has ${active} active holds`)
  return [undefined, `${plan.queues} queues run again, no flag in Redis, no hold in the database`]
}

const some = (count: number): boolean => count > 0

async function all(
  { eyeOf }: Scene,
  look: (eye: ReturnType<Scene['eyeOf']>) => Promise<boolean>,
): Promise<boolean> {
  return (await Promise.all(VAT_QUEUES.map((queue) => look(eyeOf(queue))))).every(Boolean)
}

async function planDone({ records }: Scene, action: 'pause' | 'resume'): Promise<PlanRecord> {
  const plan = await until(`the ${action} of ${VAT_GLOB} to be done`, async () => {
    const found = await records.plan(VAT_QUEUES[0] ?? '', action)
    return found?.state === 'done' ? found : null
  })
  const { queues, done } = plan
  expectThat(
    queues === VAT_QUEUES.length && done === queues,
    `of ${VAT_QUEUES.length} queues the plan has ${queues}, and ${done} are done`,
  )
  return plan
}
