import { setTimeout as sleep } from 'node:timers/promises'

import { OPS } from '../../test/helpers/config-of.ts'
import { reason } from '../../test/helpers/reason.ts'
import type { Stage } from './scene.ts'

const PREVIEW_MS = 3_000
const SETTLED_MS = 3_000
const POLL_MS = 20

const BROKEN_GLASS = {
  'spillway:break_glass_block': {
    'spillway:break_glass': { type: 'checkboxes', selected_options: [{ value: 'break_glass' }] },
  },
} as const

/** What an order became, as soon as it is confirmed or waits for approval. */
export interface Ordered {
  readonly id: string
  readonly number: string
  readonly state: string
}

/** Command, preview, confirmation. Null if there was nothing to confirm, or nobody to say so. */
export async function order(
  stage: Stage,
  command: string,
  { isBreakGlass = false } = {},
): Promise<Ordered | null> {
  const { person, client, slack } = stage
  const known = new Set(slack.state.views.keys())
  const { rows } = await client.query<{ at: Date }>('select clock_timestamp() as at')
  await person.command('/queue', command, OPS)
  if (!(await isPreviewed(stage, known))) return null
  const values = reason('a fault run that cannot wait')
  await person.submit(isBreakGlass ? { ...values, ...BROKEN_GLASS } : values)
  return latest(stage, rows[0]?.at ?? new Date())
}

/** Whether a modal opened that can be confirmed; false once it says why not, or after a while. */
async function isPreviewed({ slack, person }: Stage, known: Set<string>): Promise<boolean> {
  for (const until = Date.now() + PREVIEW_MS; Date.now() < until; await sleep(POLL_MS)) {
    const mine = [...slack.state.views.values()].findLast(
      ({ id, user }) => user === person.user && !known.has(id),
    )
    if (mine === undefined) continue
    const text = JSON.stringify(mine.view)
    if (/can be confirmed until/.test(text)) return true
    if (/Nothing was changed/.test(text)) return false
  }
  return false
}

async function latest({ client, person, progress }: Stage, since: Date): Promise<Ordered | null> {
  for (const until = Date.now() + SETTLED_MS; Date.now() < until; await sleep(POLL_MS)) {
    const { rows } = await client.query<Ordered>(
      `select id, number, state from plan where user_id = $1 and created_at >= $2 and ends_hold_id is null
       order by created_at desc limit 1`,
      [person.user, since],
    )
    const [plan] = rows
    if (plan === undefined || plan.state === 'planned') continue
    progress.ordered += 1
    return plan
  }
  return null
}
