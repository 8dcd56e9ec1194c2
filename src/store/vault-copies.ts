import type { JobCopy } from '../domain/ports/job-operator.ts'
import type { Vault } from '../domain/ports/vault-store.ts'
import { row, rows, type Sql } from './sql.ts'
import { textArray } from './text-array.ts'

/** Of contents in one statement: each holds its parameters several times in memory, on both sides. */
const BYTES_PER_STATEMENT = 4 * 1024 * 1024

// The plan's row first, and so that it cannot be leased meanwhile: what an overtaken attempt writes is nothing.
const COPY_IN = `
  with ours as (
    select from plan where id = (select plan_id from vault_set where id = $1) and fence = $2 and state = 'executing'
    for no key update
  ), replaced as (
    delete from vault_job where set_id = $1 and job_id = any ($3::text[]) and state = 'copied' and exists (select from ours)
    returning 1
  ), incoming as (
    select * from unnest($3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::float8[], $9::float8[],
      $10::text[], $11::text[], $12::text[], $13::integer[], $14::text[])
      as job (job_id, type, from_state, added_ms, finished_ms, attempts, priority, error, payload_hash, digest,
        size_bytes, content)
  ), entered as (
    insert into vault_job (set_id, job_id, type, from_state, added_at, finished_at, attempts, priority, error,
      payload_hash, digest, size_bytes, kept_bytes)
    select $1, job_id, type, from_state, to_timestamp(added_ms / 1000), to_timestamp(finished_ms / 1000), attempts,
      priority, error, payload_hash, digest, size_bytes, case when content is null then 0 else size_bytes end
    -- Counted so that the older copies are gone before.
    from incoming where exists (select from ours) and (select count(*) from replaced) >= 0
    returning id, job_id
  ), stored as (
    insert into vault_content (vault_job_id, content)
    select id, content from entered join incoming using (job_id) where content is not null
  )
  select from ours`

/** PostgreSQL's texts take no NUL; what is shown and filtered by can do without. */
const withoutNul = (text: string): string => text.replaceAll('\0', '\uFFFD')

/** In ms; dates that are none are left out, as a queue may have them. */
const msOf = (date: Date | null): number | null =>
  date === null || Number.isNaN(date.getTime()) ? null : date.getTime()

const columnsOf = (copies: readonly JobCopy[], forgets: boolean): readonly unknown[] => [
  textArray(copies.map(({ facts }) => facts.id)),
  textArray(copies.map(({ facts }) => withoutNul(facts.type))),
  textArray(copies.map(({ facts }) => facts.state)),
  copies.map(({ facts }) => msOf(facts.addedAt)),
  copies.map(({ facts }) => msOf(facts.endedAt)),
  copies.map(({ facts }) => facts.attempts),
  copies.map(({ facts }) => facts.priority),
  textArray(copies.map(({ facts }) => (facts.error === null ? null : withoutNul(facts.error)))),
  textArray(copies.map((copy) => copy.payloadHash)),
  textArray(copies.map((copy) => copy.digest)),
  copies.map((copy) => copy.sizeBytes),
  textArray(copies.map((copy) => (forgets ? null : copy.content))),
]

/** As few parts as the limit allows, at least one copy in each. */
function inParts(copies: readonly JobCopy[], limitBytes: number): readonly (readonly JobCopy[])[] {
  const parts: JobCopy[][] = []
  let room = 0
  for (const copy of copies) {
    const last = parts.at(-1)
    if (last !== undefined && copy.content.length <= room) last.push(copy)
    else {
      parts.push([copy])
      room = limitBytes
    }
    room -= copy.content.length
  }
  return parts
}

async function copyIn(sql: Sql, ...args: Parameters<Vault['copyIn']>): Promise<boolean> {
  const [setId, fence, copies, { forgets }] = args
  // A broken list may name a job twice; one statement cannot write a row twice.
  const once = [...new Map(copies.map((copy) => [copy.facts.id, copy])).values()]
  for (const part of inParts(once, BYTES_PER_STATEMENT)) {
    const values = [setId, fence, ...columnsOf(part, forgets)]
    if ((await row(sql, COPY_IN, values)) === null) return false
  }
  return true
}

const SETTLE = `
  with plan_first as (
    select from plan where id = (select plan_id from vault_set where id = $1) for no key update
  ), taken as (
    update vault_job set state = case when kept_bytes > 0 then 'held' else 'forgotten' end
    where set_id = $1 and job_id = any ($2::text[]) and state = 'copied' and exists (select from plan_first)
  )
  delete from vault_job
  where set_id = $1 and job_id = any ($3::text[]) and state = 'copied' and exists (select from plan_first)`

/** The part of the vault that jobs come in by. */
export function createCopies(sql: Sql): Pick<Vault, 'copyIn' | 'copied' | 'settleCopies'> {
  return {
    copyIn: (...args) => copyIn(sql, ...args),
    async copied(setId, jobIds) {
      const found = await rows<{ job_id: string }>(
        sql,
        `select job_id from vault_job where set_id = $1 and job_id = any ($2::text[]) and state = 'copied'`,
        [setId, textArray(jobIds)],
      )
      return found.map(({ job_id: id }) => id)
    },
    async settleCopies(setId, of, taken) {
      const isTaken = new Set(taken)
      const dropped = of.filter((id) => !isTaken.has(id))
      await sql.query(SETTLE, [setId, textArray(taken), textArray(dropped)])
    },
  }
}
