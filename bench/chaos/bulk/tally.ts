import type pg from 'pg'

/** What really happened in a fault run about jobs. */
export interface BulkTally {
  /** Plans about jobs of which an execution began, and how many of them a second attempt had to go on with. */
  readonly executions: number
  readonly resumed: number
  readonly slices: number
  readonly quarantined: number
  readonly released: number
  /** Planned jobs that were left as they were, by reason. */
  readonly skipped: Readonly<Record<string, number>>
}

const COUNT = `
  select
    (select count(*) from plan where started_at is not null and jobs is not null)::int as executions,
    (select count(*) from plan where fence > 1 and jobs is not null)::int as resumed,
    (select count(*) from plan_slice where state = 'done')::int as slices,
    (select count(*) from vault_job)::int as quarantined,
    (select count(*) from vault_job where state = 'released')::int as released`

const SKIPPED = `
  select reason, sum(jsonb_array_length(ids))::int as count
  from plan_slice, jsonb_each(skipped) as one (reason, ids) group by reason order by reason`

export async function tally(client: pg.Pool): Promise<BulkTally> {
  const { rows } = await client.query<Omit<BulkTally, 'skipped'>>(COUNT)
  const skipped = await client.query<{ reason: string; count: number }>(SKIPPED)
  const [counted] = rows
  if (counted === undefined) throw new Error('a count without a row')
  return {
    ...counted,
    skipped: Object.fromEntries(skipped.rows.map(({ reason, count }) => [reason, count])),
  }
}
