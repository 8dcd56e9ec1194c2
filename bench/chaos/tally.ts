import type pg from 'pg'

/** What really happened in a fault run, so that nobody has to believe that it was hard. */
export interface Tally {
  /** Plans of which an execution began. */
  readonly executions: number
  /** Of those, how many a second attempt had to go on with. */
  readonly resumed: number
  /** Queues that were changed. */
  readonly effects: number
  readonly approved: number
  readonly broken_glass: number
  readonly rejected: number
  readonly withdrawn: number
  readonly lapsed: number
  readonly voided: number
  readonly denied: number
  readonly stopped: number
  readonly frozen: number
  readonly timed_ends: number
}

const COUNT = `
  select
    count(*) filter (where started_at is not null) as executions,
    count(*) filter (where fence > 1) as resumed,
    count(*) filter (where started_at is not null and ends_hold_id is not null) as timed_ends,
    (select count(*) from plan_queue where touched_at is not null) as effects
  from plan`

const KINDS = `select text::json ->> 'kind' as kind, count(*) as n from audit_entry group by 1`

export async function tally(client: pg.Pool): Promise<Tally> {
  const [counted] = (await client.query<Record<string, string>>(COUNT)).rows
  const { rows } = await client.query<{ kind: string; n: string }>(KINDS)
  const plans = (name: string): number => Number(counted?.[name] ?? 0)
  const entries = (kind: string): number => Number(rows.find((one) => one.kind === kind)?.n ?? 0)
  return {
    executions: plans('executions'),
    resumed: plans('resumed'),
    effects: plans('effects'),
    approved: entries('approved'),
    broken_glass: entries('break_glass'),
    rejected: entries('rejected'),
    withdrawn: entries('withdrawn'),
    lapsed: entries('expired'),
    voided: entries('voided'),
    denied: entries('denied'),
    stopped: entries('stopped'),
    frozen: entries('frozen'),
    timed_ends: plans('timed_ends'),
  }
}
