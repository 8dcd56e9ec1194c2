import { OperatorError } from '../../../domain/errors.ts'
import { isFilterRedacted, shownFilter } from '../../../domain/filter-shown.ts'
import { auditOf } from '../../audit/audit-of.ts'
import type { Deps } from '../../deps.ts'
import type { PlanRequest } from '../plan-action.ts'

/**
 * A question about hidden values that found no job is written down as well as one that found some: else they
 * could be tried one after the other without a trace. What was asked for stays hidden here, too.
 */
export async function noteMiss(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { actor, action, scope, incidentId, jobs }: PlanRequest,
  error: unknown,
): Promise<void> {
  const isMiss = error instanceof OperatorError && error.code === 'already_done'
  const filter = jobs?.filter ?? ''
  if (!isMiss || !isFilterRedacted(filter)) return
  const facts = { filter: shownFilter(filter), found: 0 }
  await store.now.audit.append(
    auditOf(clock.now(), 'denied', {
      actor,
      action,
      subject: scope,
      incidentId,
      reason: error.message,
      facts,
    }),
  )
}
