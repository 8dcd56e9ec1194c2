import { setTimeout as sleep } from 'node:timers/promises'

import type pg from 'pg'

import { say } from '../judging.ts'
import { order, type Ordered } from '../orders.ts'
import type { Random } from '../random.ts'
import { onStage, type Scene, type Stage } from '../scene.ts'
import { patiently } from './patiently.ts'

const TRIES = 8
const PAUSE_MS = 300
/** Of one order, from its confirmation to its end: leases run out in it, and servers come back. */
const END_MS = 240_000

/**
 * One person orders, another one approves, until it is carried out to its end, whoever is killed meanwhile; an order
 * that got lost is given again. Resolves to false if nobody took it.
 */
export async function carryOut(scene: Scene, random: Random, command: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    let isTaken = false
    await onStage(scene, random, async (stage) => {
      isTaken = await isCarriedOut(stage, command)
    }).catch(() => undefined)
    await untilNothingActs(scene.client)
    if (isTaken) return true
    await sleep(PAUSE_MS)
  }
  return false
}

async function isCarriedOut(stage: Stage, command: string): Promise<boolean> {
  const plan = await order(stage, command)
  if (plan === null) return false
  const [other = stage.person] = stage.others
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await stateOf(stage.client, plan)) !== 'requested') return true
    await say(stage, other, 'approve', plan).catch(() => undefined)
    await sleep(PAUSE_MS)
  }
  return (await stateOf(stage.client, plan)) !== 'requested'
}

async function stateOf(client: pg.Pool, { id }: Ordered): Promise<string> {
  const { rows } = await patiently(() =>
    client.query<{ state: string }>('select state from plan where id = $1', [id]),
  )
  return rows[0]?.state ?? 'gone'
}

/** Whether jobs of some plan are on their way. */
export const isActing = async (client: pg.Pool): Promise<boolean> =>
  (
    await client.query(`select from plan join plan_queue on plan_queue.plan_id = plan.id
      where plan.state = 'executing' and touched_at is not null limit 1`)
  ).rows.length > 0

async function untilNothingActs(client: pg.Pool): Promise<void> {
  const under = `select from plan where state in ('confirmed', 'executing') limit 1`
  for (const end = Date.now() + END_MS; Date.now() < end; await sleep(50))
    if ((await patiently(() => client.query(under))).rows.length === 0) return
}
