import type pg from 'pg'

import { OperatorError } from '../domain/errors.ts'
import { APP_ROLE, SCHEMA } from './pool.ts'

const WORK_SCHEMA = 'graphile_worker'

/** Tables whose rows the application may add, but change in these columns only. */
const APPEND_ONLY: Readonly<Record<string, readonly string[]>> = {
  approval: [],
  audit_anchor: ['reference', 'placed_at', 'problem'],
  audit_payload: ['salt', 'content', 'erased_at'],
  plan_slice: ['begun_at', 'state', 'skipped', 'skipped_count', 'renamed', 'ended_at'],
  replay: [
    'state',
    'wave',
    'reason',
    'by_team_id',
    'by_user_id',
    'is_held_by_person',
    'position',
    'live',
    'gates',
    'ignored',
    'ended_at',
    'seen_at',
  ],
  replay_job: ['outcome', 'shape', 'is_known', 'ended_at'],
  replay_wave: [
    'began_at',
    'fed_at',
    'verdict',
    'judged_at',
    'judged_by_team_id',
    'judged_by_user_id',
    'words',
    'skipped',
  ],
  review: ['reminded_at', 'signed_team_id', 'signed_user_id', 'signed_at'],
  vault_set: ['warned_at'],
  vault_job: ['state', 'kept_bytes', 'out_plan_id', 'new_id', 'out_at'],
  vault_content: [],
}
/** Of these it may delete rows as well; triggers say which. */
const REMOVABLE = new Set(['vault_job', 'vault_content'])
/** Tables that only the owner writes: by `audit_append`, by triggers that count. */
const READ_ONLY = new Set(['migration', 'audit_entry', 'plan_transition', 'replay_stratum'])

/**
 * Makes the application role and gives it what it needs and no more. Told again at every start, so that
 * a right that was taken away or added by hand is put right, and tables of a new migration are covered.
 * Call it inside a transaction.
 */
export async function grantAppRole(client: pg.ClientBase): Promise<void> {
  await ensureRole(client)
  await ensureMembership(client)
  for (const statement of grants(await tablesOf(client))) await client.query(statement)
  await openRowSecurity(client)
}

async function ensureRole(client: pg.ClientBase): Promise<void> {
  // Roles belong to the whole server: another database may be migrating at this moment.
  await client.query(`
    do $$ begin
      if not exists (select from pg_roles where rolname = '${APP_ROLE}') then
        create role ${APP_ROLE} nologin;
      end if;
    exception when duplicate_object or unique_violation then null;
    end $$`)
}

/** The owner's login must be able to take the role on, where no login of its own is configured. */
async function ensureMembership(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ mayTakeOn: boolean }>(`
    select pg_has_role(current_user, '${APP_ROLE}',
      case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
      as "mayTakeOn"`)
  if (rows[0]?.mayTakeOn === true) return
  try {
    await client.query(`grant ${APP_ROLE} to current_user`)
  } catch (error) {
    throw new OperatorError(
      'not_supported',
      `The role ${APP_ROLE} exists, but the owner's login may not use it.`,
      `Nothing was changed. As an administrator of PostgreSQL, grant ${APP_ROLE} to that login, then start again.`,
      error,
    )
  }
}

async function tablesOf(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = '${SCHEMA}' order by 1`,
  )
  return rows.map((row) => row.tablename)
}

function grants(tables: readonly string[]): readonly string[] {
  return [
    `grant usage on schema ${SCHEMA}, ${WORK_SCHEMA} to ${APP_ROLE}`,
    `revoke all on all tables in schema ${SCHEMA} from ${APP_ROLE}`,
    ...tables.map((table) => `grant ${rightsOn(table)} on ${SCHEMA}.${table} to ${APP_ROLE}`),
    `grant usage on all sequences in schema ${SCHEMA} to ${APP_ROLE}`,
    `grant execute on all functions in schema ${SCHEMA} to ${APP_ROLE}`,
    `grant select, insert, update, delete on all tables in schema ${WORK_SCHEMA} to ${APP_ROLE}`,
    `grant usage on all sequences in schema ${WORK_SCHEMA} to ${APP_ROLE}`,
    `grant execute on all functions in schema ${WORK_SCHEMA} to ${APP_ROLE}`,
  ]
}

function rightsOn(table: string): string {
  if (READ_ONLY.has(table)) return 'select'
  const columns = APPEND_ONLY[table]
  if (columns === undefined) return 'select, insert, update, delete'
  return [
    'select, insert',
    ...(columns.length === 0 ? [] : [`update (${columns.join(', ')})`]),
    ...(REMOVABLE.has(table) ? ['delete'] : []),
  ].join(', ')
}

/** The work engine switches row level security on and adds no policy: only its owner would see a row. */
async function openRowSecurity(client: pg.ClientBase): Promise<void> {
  await client.query(`
    do $$ declare closed regclass; begin
      for closed in
        select c.oid::regclass from pg_class c
        where c.relnamespace = '${WORK_SCHEMA}'::regnamespace and c.relrowsecurity
          and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = '${APP_ROLE}')
      loop
        execute format('create policy ${APP_ROLE} on %s to ${APP_ROLE} using (true) with check (true)', closed);
      end loop;
    end $$`)
}
