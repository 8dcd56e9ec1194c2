import type { Work } from '../domain/ports/store.ts'
import type { Sql } from './sql.ts'

// One that comes back later must neither put off what was asked for meanwhile nor be put off by it.
const RUN_AT = `least(
  now() + $4 * interval '1 millisecond',
  case when $5 then (select run_at from graphile_worker.jobs where key = $3 and locked_at is null) end)`

/** Behind what people and alerts wait for; alerts are taken in with 10 (`receive_delivery`). */
const PATIENT = 15

export function createWork(sql: Sql): Work {
  return {
    async enqueue(task, payload, options) {
      await sql.query(
        `select graphile_worker.add_job($1, $2::json, job_key => $3, run_at => ${RUN_AT}, job_key_mode => $6, priority => $7)`,
        [
          task,
          JSON.stringify(payload),
          `${task}:${options.key}`,
          options.afterMs ?? 0,
          options.isKept === true,
          // A sweep gives no time: it must not wake up what waits before its next attempt.
          options.isKept === true && options.afterMs === undefined ? 'preserve_run_at' : 'replace',
          options.isPatient === true ? PATIENT : 0,
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
