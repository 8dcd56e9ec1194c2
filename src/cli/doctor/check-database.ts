import { OperatorError } from '../../domain/errors.ts'
import { few, notesOn, wordsOf, type Finding } from './finding.ts'
import type { DoctorPorts } from './ports.ts'

const note = notesOn('database')

/** Whether PostgreSQL answers, is up to date, and keeps the audit trail from being changed. */
export async function checkDatabase({
  config,
  database,
}: DoctorPorts): Promise<readonly Finding[]> {
  const isEmbedded = config.database.url === null
  const place = isEmbedded ? `the embedded PostgreSQL in ${config.database.dataDir}` : 'PostgreSQL'
  try {
    const state = await database.state()
    if (state === null) return [note.ok(`${place} will be made at the first start`)]
    return [
      note.ok(`${place} ${state.serverVersion} answers`),
      state.pending.length === 0
        ? note.ok('every migration is applied')
        : note.warn(
            `${state.pending.length} migrations are not applied: ${few(state.pending)}`,
            'Run `spillway migrate`; `spillway start` does it, too.',
          ),
      ...(state.pending.length === 0 ? checkRights(state.auditRights) : []),
      ...state.anchorProblems.map((problem) =>
        note.warn(
          `anchors of the audit trail are not in their place (${problem})`,
          'Put that right: until then only the database vouches for what was written since.',
        ),
      ),
      ...(state.isOwnerLogin && !isEmbedded ? [OWNER_LOGIN] : []),
    ]
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'busy')
      return [note.ok(`${place} is in use by a running Spillway; it was not opened`)]
    const advice =
      error instanceof OperatorError ? error.advice : 'Put that right, then run doctor again.'
    return [note.fail(`${place}: ${wordsOf(error)}`, advice)]
  }
}

const checkRights = (rights: readonly string[]): Finding[] => [
  rights.length === 0
    ? note.ok('the application cannot change the audit trail')
    : note.fail(
        `the application may ${rights.join(', ')} the audit trail`,
        'As the owner: revoke update, delete, truncate on spillway.audit_entry from spillway_app; and let the application log in without owning the schema.',
      ),
]

const OWNER_LOGIN = note.warn(
  'the application logs in as the owner of the schema, who could change the audit trail',
  'Make a login that is only a member of spillway_app and put it into database.app_url; see docs/operations.md.',
)
