import type { Work } from '../domain/ports/store.ts'
import type { Sql } from './sql.ts'

export function createWork(sql: Sql): Work {
  return {
    async enqueue(task, payload, options) {
      await sql.query(
        `select graphile_worker.add_job(
           $1, $2::json, job_key => $3,
           run_at => now() + $4 * interval '1 millisecond', job_key_mode => $5)`,
        [
          task,
          JSON.stringify(payload),
          `${task}:${options.key}`,
          options.afterMs ?? 0,
          options.isKept === true ? 'preserve_run_at' : 'replace',
        ],
      )
    },
    async cancel(task, keys) {
      if (keys.length === 0) return
      await sql.query('select graphile_worker.remove_job(key) from unnest($1::text[]) as key', [
        keys.map((key) => `${task}:${key}`),
      ])
    },
  }
}
