import type { Vault } from '../domain/ports/vault-store.ts'
import type { VaultSet } from '../domain/vault.ts'
import { row, rows, type Sql } from './sql.ts'
import { IS_HOLDING, manySets, OLDEST_OF_SET, selectSets } from './vault-rows.ts'

const JOBS_PER_STATEMENT = 5_000

// Copies and what is being released stay: the queue or the next attempt settles those, and the next time finds them.
const DUE = `
  select id from vault_set
  where kept_until <= $1 and (held > 0 or (kept_bytes > 0 and copied + releasing = 0))
  order by kept_until limit $2`

const EXPIRE = `
  with page as (
    select id, job_id from vault_job where set_id = $1 and ($2::text is null or job_id > $2) order by job_id limit ${JOBS_PER_STATEMENT}
  ), over as (
    update vault_job set kept_bytes = 0,
      state = case when state = 'held' then 'expired' else state end,
      out_at = case when state = 'held' then $3 else out_at end
    from page where vault_job.id = page.id and state in ('held', 'released') and kept_bytes > 0
    returning vault_job.id
  ), emptied as (
    delete from vault_content where vault_job_id in (select id from over)
  )
  select max(job_id) as last, (select count(*)::integer from over) as emptied from page`

interface Page {
  last: string | null
  emptied: number
}

/** Resolves to how many contents were deleted. A page at a time, so that no statement takes long. */
async function expireSet(sql: Sql, setId: string, now: Date): Promise<number> {
  let emptied = 0
  let after: string | null = null
  do {
    const page: Page | null = await row<Page>(sql, EXPIRE, [setId, after, now])
    emptied += page?.emptied ?? 0
    after = page?.last ?? null
  } while (after !== null)
  return emptied
}

async function expire(sql: Sql, now: Date, limit: number): Promise<readonly VaultSet[]> {
  const due = await rows<{ id: string }>(sql, DUE, [now, limit])
  const expired: string[] = []
  for (const { id } of due) if ((await expireSet(sql, id, now)) > 0) expired.push(id)
  return manySets(sql, `${selectSets()} where id = any ($1) order by number`, [expired])
}

const WARN = `
  with warned as (
    update vault_set set warned_at = $2
    where warned_at is null and kept_until < $1 and ${IS_HOLDING} returning *
  ) ${selectSets('warned')} order by kept_until, number`

const TOTALS = `
  select coalesce(sum(held), 0)::integer as held, coalesce(sum(kept_bytes), 0)::text as bytes,
    count(*) filter (where ${IS_HOLDING})::integer as sets,
    min(case when held > 0 then ${OLDEST_OF_SET} end) as oldest_at
  from vault_set`

/** The part of the vault that looks after what it has: retention and numbers. */
export function createKeeping(sql: Sql): Pick<Vault, 'expire' | 'warn' | 'totals'> {
  return {
    expire: (now, limit) => expire(sql, now, limit),
    warn: (before, now) => manySets(sql, WARN, [before, now]),
    async totals() {
      const found = await row<{
        held: number
        bytes: string
        sets: number
        oldest_at: Date | null
      }>(sql, TOTALS)
      return {
        held: found?.held ?? 0,
        sizeBytes: Number(found?.bytes ?? 0),
        oldestAt: found?.oldest_at ?? null,
        sets: found?.sets ?? 0,
      }
    },
  }
}
