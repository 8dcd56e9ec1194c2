import type { ActionKind } from '../domain/action.ts'
import type { JobState } from '../domain/job.ts'
import type { VaultReads, VaultWayOut } from '../domain/ports/vault-reads.ts'
import type { VaultJobState } from '../domain/vault.ts'
import { actorOf, rows, type Sql } from './sql.ts'

const OF_JOB = `
  select number, vault_job.state, from_state, made_at, team_id, user_id, new_id
  from vault_set join vault_job on set_id = vault_set.id and job_id = $3
  where system = $1 and queue = $2 order by made_at desc, number desc`

interface StayRow {
  number: string
  state: VaultJobState
  from_state: JobState
  made_at: Date
  team_id: string
  user_id: string
  new_id: string | null
}

/** A shape is made of less than this; what follows only tells equal errors apart. */
const ERROR_LENGTH = 400

const SHARES = `
  select type, left(error, ${ERROR_LENGTH}) as error, count(*)::integer as count, max(finished_at) as last
  from vault_job where set_id = $1 and state = 'held'
  group by 1, 2 order by 3 desc, 1, 2 limit $2`

interface ShareRow {
  type: string
  error: string | null
  count: number
  last: Date | null
}

const EXITS = `
  select plan.number, plan.action, plan.team_id, plan.user_id, vault_job.state,
    count(*)::integer as count, max(out_at) as last
  from vault_job join plan on plan.id = out_plan_id where set_id = $1
  group by 1, 2, 3, 4, 5 order by max(out_at) desc nulls first, plan.number desc`

interface ExitRow {
  number: string
  action: ActionKind
  team_id: string
  user_id: string
  state: VaultJobState
  count: number
  last: Date | null
}

// A copy alone has not left its queue.
const BY_SYSTEM = `
  select system, sum(held) as held, sum(kept_bytes) as bytes, min(made_at) filter (where held > 0) as oldest,
    sum(held::bigint + releasing + released + discarded + expired + forgotten) as entered,
    sum(released) as released, sum(discarded) as discarded, sum(expired) as expired, sum(forgotten) as forgotten
  from vault_set group by system order by system`

/** Sums of numbers, as text. */
interface TotalRow extends Record<VaultWayOut, string> {
  system: string
  held: string
  bytes: string
  oldest: Date | null
  entered: string
}

export function createVaultReads(sql: Sql): VaultReads {
  return {
    async ofJob({ system, queue }, jobId) {
      const found = await rows<StayRow>(sql, OF_JOB, [system, queue, jobId])
      return found.map((from) => ({
        set: Number(from.number),
        state: from.state,
        from: from.from_state,
        madeAt: from.made_at,
        owner: actorOf(from),
        newId: from.new_id,
      }))
    },
    async shares(setId, limit) {
      const found = await rows<ShareRow>(sql, SHARES, [setId, limit])
      return found.map(({ last, ...share }) => ({ ...share, lastFailedAt: last }))
    },
    async exits(setId) {
      const found = await rows<ExitRow>(sql, EXITS, [setId])
      return found.map((from) => ({
        plan: Number(from.number),
        action: from.action,
        by: actorOf(from),
        state: from.state,
        count: from.count,
        lastAt: from.last,
      }))
    },
    async bySystem() {
      const found = await rows<TotalRow>(sql, BY_SYSTEM)
      return found.map((from) => ({
        system: from.system,
        held: Number(from.held),
        sizeBytes: Number(from.bytes),
        oldestAt: from.oldest,
        entered: Number(from.entered),
        left: {
          released: Number(from.released),
          discarded: Number(from.discarded),
          expired: Number(from.expired),
          forgotten: Number(from.forgotten),
        },
      }))
    },
  }
}
