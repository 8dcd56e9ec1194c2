import pg from 'pg'

import { connectionConfig, type DatabaseAddress } from '../../src/store/pool.ts'

const MINUTE_MS = 60_000

/** A plan of one queue as a bot might have left it; what is not given is as it should be. */
export interface PlantedPlan {
  readonly action?: 'pause' | 'resume'
  readonly queue: string
  readonly holdMs?: number
  /** When it was confirmed, carried out and over. */
  readonly minutesAgo?: number
  readonly queueState?: string
  /** Its entries in the audit trail. */
  readonly kinds?: readonly string[]
  /** How many queues its outcome says were done. */
  readonly saidDone?: number
  readonly approvedBy?: string
  readonly glass?: 'reviewed' | 'not reviewed'
  /** Plans whose holds it ended. */
  readonly ends?: readonly number[]
}

/** Writes rows past all that keeps a bot from writing them. Close it. */
export async function openPlanter(owner: DatabaseAddress) {
  const client = new pg.Client(connectionConfig(owner))
  await client.connect()
  await client.query(`alter table plan disable trigger user;
    alter table approval disable trigger approval_in_time; alter table audit_entry disable trigger user`)
  const entry = (about: object): Promise<unknown> =>
    client.query('select audit_append(1, $1, $2)', ['test', JSON.stringify(about)])
  return {
    entry,
    plan: (number: number, planted: PlantedPlan) => plant(client, entry, number, planted),
    query: (text: string) => client.query(text),
    close: () => client.end(),
  }
}

/** The id of planted plan 7, and of its hold. */
export const plantedId = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

async function plant(
  client: pg.Client,
  entry: (about: object) => Promise<unknown>,
  number: number,
  planted: PlantedPlan,
): Promise<void> {
  const { action = 'pause', queue, saidDone = 1 } = planted
  const { kinds = ['intent', 'step', 'outcome'] } = planted
  const id = plantedId(number)
  const at = new Date(Date.now() - (planted.minutesAgo ?? 1) * MINUTE_MS)
  await plantRows(client, { ...planted, action, id, at, number })
  await plantWords(client, { ...planted, id, at })
  const accounts = { planned: 1, done: saidDone, skipped: 0, failed: 0, returned: 0, open: 0 }
  for (const kind of kinds) {
    const facts = kind === 'outcome' ? { accounts } : {}
    const subject = `sales/${queue}`
    await entry({ at: at.toISOString(), kind, action, subject, plan: id, facts, reason: null })
  }
}

type Row = PlantedPlan & { readonly id: string; readonly at: Date }

async function plantRows(
  client: pg.Client,
  row: Row & { readonly action: string; readonly number: number },
): Promise<void> {
  const { id, number, action, queue, at, holdMs = 5 * MINUTE_MS, queueState = 'done' } = row
  await client.query(
    `insert into plan (id, number, action, scope, team_id, user_id, tier, state, hash, created_at, expires_at,
       confirmed_at, started_at, finished_at, hold_ms, is_break_glass)
     values ($1, $2, $3, $4, 'T', 'U0ANA', 'T2', 'done', '', $5, $5, $5, $5, $5, $6, $7)`,
    [id, number, action, queue, at, holdMs, row.glass !== undefined],
  )
  await client.query(
    `insert into plan_queue
       (plan_id, position, system, queue, queue_tier, before, hold_ids, warnings, state, touched_at)
     values ($1, 0, 'sales', $2, 'critical', '{}', $3, '[]', $4, $5)`,
    [id, queue, (row.ends ?? []).map(plantedId), queueState, at],
  )
  if (action === 'pause')
    await client.query(
      `insert into hold (id, plan_id, system, queue, team_id, user_id, started_at, ends_at)
       values ($1, $1, 'sales', $2, 'T', 'U0ANA', $3, now() + interval '1 day')`,
      [id, queue, at],
    )
}

/** What other people said of it. */
async function plantWords(client: pg.Client, { id, at, approvedBy, glass }: Row): Promise<void> {
  if (approvedBy !== undefined)
    await client.query(
      `insert into approval values ($1, 'T', 'U0ANA', 'T', $2, 'approved', 'operator', $3)`,
      [id, approvedBy, at],
    )
  if (glass === 'reviewed')
    await client.query(`insert into review values ($1, 'T', 'U0ANA', $2)`, [id, at])
}
