import type { NewVaultSet, Vault } from '../domain/ports/vault-store.ts'
import type { VaultSet } from '../domain/vault.ts'
import { rows, type Sql } from './sql.ts'
import { textArray } from './text-array.ts'
import { createCopies } from './vault-copies.ts'
import { createExits } from './vault-exits.ts'
import { createKeeping } from './vault-keeping.ts'
import { IS_HOLDING, type JobRow, manySets, oneSet, selectSets, toVaultJob } from './vault-rows.ts'

// A number is not used up for a set that is there already.
const OPEN = `
  insert into vault_set (id, number, plan_id, system, queue, queue_tier, incident_id, team_id, user_id, label, reason,
    made_at, kept_until)
  select $1, nextval('vault_number'), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
  where not exists (select from vault_set where plan_id = $2 and system = $3 and queue = $4)
  on conflict (plan_id, system, queue) do nothing`

async function openSet(sql: Sql, set: NewVaultSet): Promise<VaultSet> {
  const { system, queue } = set.ref
  await sql.query(OPEN, [
    set.id,
    set.planId,
    system,
    queue,
    set.tier,
    set.incidentId,
    set.owner.teamId,
    set.owner.userId,
    set.label,
    set.reason,
    set.madeAt,
    set.keptUntil,
  ])
  const found = await oneSet(
    sql,
    `${selectSets()} where plan_id = $1 and system = $2 and queue = $3`,
    [set.planId, system, queue],
  )
  if (found === null) throw new Error(`the vault set of plan ${set.planId} was not stored`)
  return found
}

const SETS = `
  ${selectSets()}
  where ($1::text is null or (system = $1 and queue = $2)) and (not $3 or ${IS_HOLDING})
  order by made_at desc, number desc limit $4`

const held = (withContent: boolean): string => `
  select vault_job.*, ${withContent ? 'content' : 'null as content'}
  from vault_held_page($1, $2, $3) as page (id) join vault_job using (id)
  ${withContent ? 'join vault_content on vault_job_id = vault_job.id' : ''}
  order by vault_job.id`

const ROWS_OF =
  'select * from vault_job where set_id = $1 and job_id = any ($2::text[]) order by id'

const ROWS = 'select * from vault_job where id = any ($1::bigint[]) order by id'

/** Where quarantined jobs live: rows of `vault_set`, `vault_job` and `vault_content`. */
export function createVault(sql: Sql): Vault {
  return {
    ...createCopies(sql),
    ...createExits(sql),
    ...createKeeping(sql),
    openSet: (set) => openSet(sql, set),
    set: (id) => oneSet(sql, `${selectSets()} where id = $1`, [id]),
    setByNumber: (number) => oneSet(sql, `${selectSets()} where number = $1`, [number]),
    setsOfPlan: (planId) =>
      manySets(sql, `${selectSets()} where plan_id = $1 order by number`, [planId]),
    sets: ({ ref, isHolding, limit }) =>
      manySets(sql, SETS, [ref?.system ?? null, ref?.queue ?? null, isHolding, limit]),
    async held(setId, { after, limit, withContent }) {
      const found = await rows<JobRow>(sql, held(withContent), [setId, after, limit])
      return found.map((from) => ({ job: toVaultJob(from), content: from.content }))
    },
    async rows(rowIds) {
      return (await rows<JobRow>(sql, ROWS, [rowIds])).map(toVaultJob)
    },
    async rowsOf(setId, jobIds) {
      const found = await rows<JobRow>(sql, ROWS_OF, [setId, textArray(jobIds)])
      return found.map(toVaultJob)
    },
  }
}
