import { setTimeout as sleep } from 'node:timers/promises'

import { anAlert, OPS, postAlert, webhook } from '../../test/helpers/config-of.ts'
import { note } from '../checker/ledgers.ts'
import { judge, say } from './judging.ts'
import { order } from './orders.ts'
import { CRITICAL, FLOWS } from './queues.ts'
import type { Random } from './random.ts'
import { onStage, type Scene, type Stage } from './scene.ts'
import { letHoldsAge, letHoldsEnd } from './time.ts'

type Act = (stage: Stage) => Promise<unknown>

/** What may happen to a bot, as often as it is named. */
const ACTS: readonly [Act, ...Act[]] = [
  raiseAlert,
  turnFlow,
  turnFlow,
  turnFlow,
  turnCritical,
  turnCritical,
  turnCritical,
  turnCritical,
  turnCritical,
  turnCritical,
  turnCritical,
  turnCritical,
  turnCritical,
  breakGlass,
  breakGlass,
  turnMany,
  turnMany,
  turnMany,
  stopMany,
  stopMany,
  freezeForAWhile,
  ({ client }) => letHoldsEnd(client),
  (stage) => letHoldsAge(stage.client),
]

/** Something happens. A replica may be killed meanwhile: then the person sees nothing more. */
export const act = (scene: Scene, random: Random): Promise<void> =>
  onStage(scene, random, async (stage) => {
    await random.oneOf(ACTS)(stage)
  }).catch(() => undefined)

/** An alert sender reaches any replica, and sends a body again whose answer got lost. */
async function raiseAlert({ addresses, ledgers, random }: Stage): Promise<void> {
  const body = webhook([anAlert({ queue: random.oneOf(FLOWS) })])
  for (let tries = 0; tries < 3; tries += 1) {
    const [first, ...others] = addresses()
    if (first === undefined) return
    const answer = await postAlert(random.oneOf([first, ...others]), body).catch(() => null)
    if (answer?.status !== 202) continue
    const { id } = (await answer.json()) as { readonly id: string }
    note(ledgers, 'accepted', id)
    if (random.isBelow(0.8)) return
  }
}

/** One queue that is not critical stops, or runs again. */
async function turnFlow(stage: Stage): Promise<void> {
  const queue = stage.random.oneOf(FLOWS)
  const isHeld = await isAnyHeld(stage, queue)
  await order(stage, isHeld ? `resume ${queue}` : `pause ${queue} for 30m`)
}

/** For a while by one person, longer by two; a resume soon by one, later by two. */
async function turnCritical(stage: Stage): Promise<void> {
  const queue = stage.random.oneOf(CRITICAL)
  const isHeld = await isAnyHeld(stage, queue)
  const time = stage.random.oneOf(['10m', '1h', '1h'])
  const plan = await order(stage, isHeld ? `resume ${queue}` : `pause ${queue} for ${time}`)
  if (plan !== null) await judge(stage, plan)
}

async function breakGlass(stage: Stage): Promise<void> {
  const queue = stage.random.oneOf(CRITICAL)
  const isHeld = await isAnyHeld(stage, queue)
  const command = isHeld ? `resume ${queue}` : `pause ${queue} for 2h`
  await order(stage, command, { isBreakGlass: true })
}

/** Up to all low queues at once: two slices, each with many instants to die at. */
async function turnMany(stage: Stage): Promise<number | null> {
  const glob = stage.random.oneOf(stage.field.globs)
  const isHeld = await isAnyHeld(stage, glob)
  const plan = await order(stage, isHeld ? `resume ${glob}` : `pause ${glob} for 5m`)
  return plan === null ? null : Number(plan.number)
}

/** And somebody asks it to stop, soon or when it is half done. */
async function stopMany(stage: Stage): Promise<void> {
  const number = await turnMany(stage)
  const [one] = stage.others
  if (number === null || one === undefined) return
  await sleep(stage.random.between(0, 600))
  await say(stage, one, 'stop', { number: String(number) })
}

/** The switch is lifted by somebody else; what was begun before it is brought to its end. */
async function freezeForAWhile(stage: Stage): Promise<void> {
  const { person, others, random } = stage
  const name = `fault run ${random.between(1, 1e9)}`
  await person.command('/queue', `freeze ${name}`, OPS)
  await sleep(random.between(50, 1_500))
  await others[0]?.command('/queue', 'freeze off', OPS)
}

async function isAnyHeld({ client }: Stage, glob: string): Promise<boolean> {
  const { rows } = await client.query(
    'select from hold where ended_at is null and queue like $1 limit 1',
    [glob.replace('*', '%')],
  )
  return rows.length > 0
}
