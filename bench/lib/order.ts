import { setTimeout as sleep } from 'node:timers/promises'

import type pg from 'pg'

import { reason } from '../../test/helpers/reason.ts'
import { createPerson } from '../../test/slack/signed.ts'
import { ANA, OPS, type Stage } from './stage.ts'
import { until } from './until.ts'

export const BEN = 'U0BENCHBEN'
const ORDER_MS = 600_000

/** Whatever answers queries: a client or a pool. */
export type Database = Pick<pg.Pool, 'query'>

/** A plan as it is, once a person has ordered it. */
export interface Plan {
  readonly id: string
  readonly number: string
  readonly state: string
}

/**
 * One person orders in Slack and confirms, another one approves if that is asked for. One order at a time: each person
 * has one modal open. Throws if it is refused.
 */
export async function order(stage: Stage, database: Database, command: string): Promise<Plan> {
  const [ana, ben] = [ANA, BEN].map((id) => createPerson(stage.slack, stage.slackUrl, id))
  if (ana === undefined || ben === undefined) throw new Error('nobody is there')
  const known = new Set(stage.slack.state.views.keys())
  await ana.command('/queue', command, OPS)
  await until(`the preview of "${command}"`, ORDER_MS, () => isShown(stage, known, command))
  await ana.submit(reason('measured'))
  const plan = await latest(database)
  if (plan.state === 'requested') await ben.command('/queue', `approve ${plan.number}`, OPS)
  return plan
}

/** Throws with what it says instead. */
function isShown({ slack }: Stage, known: ReadonlySet<string>, command: string): boolean {
  const open = [...slack.state.views.values()].findLast(
    ({ id, user, isOpen }) => user === ANA && isOpen && !known.has(id),
  )
  const text = JSON.stringify(open?.view ?? null)
  if (/Nothing was changed/.test(text)) throw new Error(`"${command}" was refused: ${text}`)
  return /can be confirmed until/.test(text)
}

async function latest(database: Database): Promise<Plan> {
  for (;;) {
    const { rows } = await database.query<Plan>(
      'select id, number, state from plan where replays_plan_id is null order by number desc limit 1',
    )
    const [plan] = rows
    if (plan !== undefined && plan.state !== 'planned') return plan
    await sleep(10)
  }
}
