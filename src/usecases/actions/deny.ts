import type { Actor, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'

/**
 * The refusal of what a person may not do with this plan, whatever roles they hold; it is written to the audit
 * trail before it is said. Gives the `not_allowed` to throw.
 */
export async function denied(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { plan, actor, right }: { readonly plan: Plan; readonly actor: Actor; readonly right: string },
  reason: string,
  advice: string,
): Promise<OperatorError> {
  await store.now.audit.append(
    auditOf(clock.now(), 'denied', {
      actor,
      action: plan.action,
      subject: plan.scope,
      incidentId: plan.incidentId,
      planId: plan.id,
      planHash: plan.hash,
      reason,
      facts: { right },
    }),
  )
  return new OperatorError('not_allowed', reason, advice)
}
