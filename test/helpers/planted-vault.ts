import { plantedId, type openPlanter } from './planted.ts'

type Planter = Awaited<ReturnType<typeof openPlanter>>

/** A plan about jobs as a bot might have left it; what is not given is as it should be. */
export interface PlantedJobPlan {
  readonly action: 'quarantine' | 'release'
  readonly queue: string
  /** Ids of jobs, or of rows of the vault. */
  readonly ids: readonly string[]
  readonly sliceState?: 'open' | 'done'
  /** What the plan showed. */
  readonly count?: number
  readonly skippedCount?: number
}

/** Jobs of the vault by the number of the plan whose set they are in. */
export interface PlantedVaultJob {
  readonly row: number
  readonly plan: number
  readonly job: string
  readonly state: 'copied' | 'held'
  /** The plan that released it since. */
  readonly releasedBy?: number
  readonly hasContent?: boolean
}

/** Writes plans about jobs, and rows of the vault that fit them or not. */
export function plantInVault({ plan, entry, query }: Planter) {
  return {
    async plan(number: number, planted: PlantedJobPlan): Promise<void> {
      const { action, queue, ids, sliceState = 'done', count = ids.length } = planted
      const { skippedCount = 0 } = planted
      const id = plantedId(number)
      await plan(number, { queue, kinds: ['intent', 'step'] })
      await query(`delete from hold where plan_id = '${id}';
        update plan set action = '${action}', jobs = '{"count": ${count}}' where id = '${id}';
        alter table plan_slice disable trigger user;
        insert into plan_slice (plan_id, position, system, queue, job_state, job_ids, begun_at, state, ended_at,
          skipped_count)
        values ('${id}', 0, 'sales', '${queue}', 'failed', '{${ids.join()}}', now(), '${sliceState}',
          ${sliceState === 'done' ? 'now()' : 'null'}, ${skippedCount})`)
      const done = sliceState === 'done' ? ids.length - skippedCount : 0
      const accounts = { planned: count, done, skipped: skippedCount, failed: 0, returned: 0 }
      await entry({
        at: new Date().toISOString(),
        kind: 'outcome',
        action,
        subject: `sales/${queue}`,
        plan: id,
        facts: { accounts: { ...accounts, open: 0 } },
        reason: null,
      })
      if (action === 'quarantine')
        await query(`insert into vault_set (id, number, plan_id, system, queue, queue_tier, team_id, user_id, label,
          made_at) values ('${id}', ${number}, '${id}', 'sales', '${queue}', 'standard', 'T', 'U0ANA', '', now())`)
    },
    /** Through every state before, as the database demands. */
    async job({ row, plan: set, job, state, releasedBy, hasContent = true }: PlantedVaultJob) {
      await query(`insert into vault_job (id, set_id, job_id, type, from_state, attempts, priority, payload_hash,
          digest, size_bytes, kept_bytes)
        overriding system value values (${row}, '${plantedId(set)}', '${job}', 'work', 'failed', 1, 0, '', '', 2, 2)`)
      if (hasContent) await query(`insert into vault_content values (${row}, '{}')`)
      if (state === 'copied') return
      await query(`update vault_job set state = 'held' where id = ${row}`)
      if (releasedBy === undefined) return
      const by = plantedId(releasedBy)
      await query(`update vault_job set state = 'releasing', out_plan_id = '${by}' where id = ${row};
        update vault_job set state = 'released' where id = ${row}`)
    },
  }
}
