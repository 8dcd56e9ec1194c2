import { listing } from '../domain/text.ts'
import { APP_ROLE, SCHEMA } from './pool.ts'
import { rows, type Sql } from './sql.ts'

/** Trigger, its table, the function that it calls. */
const TRIGGERS = [
  ['audit_rows_stay', 'audit_entry', 'refuse_change'],
  ['audit_table_stays', 'audit_entry', 'refuse_change'],
  ['anchor_rows_stay', 'audit_anchor', 'keep_anchor'],
  ['anchor_table_stays', 'audit_anchor', 'refuse_change'],
  ['payload_rows_stay', 'audit_payload', 'keep_payload'],
  ['payload_table_stays', 'audit_payload', 'refuse_change'],
] as const

const UNIQUE = ['seq', 'previous_hash', 'hash'] as const

/** Columns of the trail's tables that the application may fill in or empty; everything else stays. */
const CHANGEABLE = `(values ('audit_anchor', 'reference'), ('audit_anchor', 'placed_at'), ('audit_anchor', 'problem'),
  ('audit_payload', 'salt'), ('audit_payload', 'content'), ('audit_payload', 'erased_at')) as may (tbl, col)`

/** What guards the trail and is missing, switched off or too wide, in words. Reads the catalogue only. */
export async function guardGaps(sql: Sql): Promise<readonly string[]> {
  return [...(await triggerGaps(sql)), ...(await uniqueGaps(sql)), ...(await rightGaps(sql))]
}

async function triggerGaps(sql: Sql): Promise<readonly string[]> {
  const found = await rows<{ name: string; enabled: string; function: string; source: string }>(
    sql,
    `select t.tgname as name, t.tgenabled as enabled, p.proname as function, p.prosrc as source
     from pg_trigger t join pg_proc p on p.oid = t.tgfoid
     where t.tgrelid in ('${SCHEMA}.audit_entry'::regclass, '${SCHEMA}.audit_anchor'::regclass,
       '${SCHEMA}.audit_payload'::regclass)`,
  )
  return TRIGGERS.flatMap(([name, table, calls]): readonly string[] => {
    const trigger = found.find((candidate) => candidate.name === name)
    if (trigger === undefined) return [`the trigger ${name} of ${table} is gone`]
    if (!['O', 'A'].includes(trigger.enabled))
      return [`the trigger ${name} of ${table} is switched off`]
    const refuses = trigger.function === calls && trigger.source.includes('raise exception')
    return refuses ? [] : [`the trigger ${name} of ${table} no longer refuses changes`]
  })
}

async function uniqueGaps(sql: Sql): Promise<readonly string[]> {
  const found = await rows<{ name: string }>(
    sql,
    `select a.attname as name from pg_index i
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
     where i.indrelid = '${SCHEMA}.audit_entry'::regclass and i.indisunique and i.indisvalid and i.indnatts = 1`,
  )
  const unique = new Set(found.map(({ name }) => name))
  return UNIQUE.filter((column) => !unique.has(column)).map(
    (column) => `audit_entry.${column} is no longer unique`,
  )
}

async function rightGaps(sql: Sql): Promise<readonly string[]> {
  const found = await rows<{ tbl: string; change: string }>(
    sql,
    `select tbl, change from
       unnest(array['audit_entry', 'audit_anchor', 'audit_payload']) as tbl,
       unnest(array['update', 'delete', 'truncate']) as change
     where has_table_privilege('${APP_ROLE}', '${SCHEMA}.' || tbl, change)
     union
     select 'audit_entry', 'insert into' where has_table_privilege('${APP_ROLE}', '${SCHEMA}.audit_entry', 'insert')
     union
     select c.relname, 'update' from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.oid in ('${SCHEMA}.audit_entry'::regclass, '${SCHEMA}.audit_anchor'::regclass,
         '${SCHEMA}.audit_payload'::regclass)
       and a.attnum > 0 and not a.attisdropped
       and has_column_privilege('${APP_ROLE}', c.oid, a.attnum, 'update')
       and not exists (select from ${CHANGEABLE} where tbl = c.relname and col = a.attname)
     order by 1, 2`,
  )
  return [...new Set(found.map(({ tbl }) => tbl))].map((table) => {
    const changes = found.filter(({ tbl }) => tbl === table).map(({ change }) => change)
    return `${APP_ROLE} may ${listing(changes)} ${table}`
  })
}
