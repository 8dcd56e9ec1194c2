import type { Actor, Plan } from '../../domain/action.ts'
import type { AuditBody, AuditKind, Json } from '../../domain/audit.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { isThrottled, throttleWords } from '../../domain/throttle.ts'

const NOTHING = {
  actor: null,
  incidentId: null,
  planId: null,
  planHash: null,
  reason: null,
  facts: {},
} as const

/** An audit entry; what is not given is null. */
export const auditOf = (
  at: Date,
  kind: AuditKind,
  about: Partial<AuditBody> & Pick<AuditBody, 'action' | 'subject'>,
): AuditBody => ({ ...NOTHING, ...about, at, kind })

/**
 * An entry about a plan. Its actor is who asked for it, unless `by` says who else did this; a timed hold's own
 * end has none, for nobody clicked.
 */
export const auditOfPlan = (
  at: Date,
  kind: AuditKind,
  plan: Plan,
  facts: Json,
  about: { readonly by?: Actor | null; readonly queue?: QueueRef } = {},
): AuditBody =>
  auditOf(at, kind, {
    actor: about.by === undefined ? (plan.endsHoldId === null ? plan.actor : null) : about.by,
    action: plan.action,
    subject: about.queue === undefined ? plan.scope : queueKey(about.queue),
    incidentId: plan.incidentId,
    planId: plan.id,
    planHash: plan.hash,
    reason: plan.reason,
    facts,
  })

/** An overview as audit facts: counts, the flag, and limits where there are any. */
export function overviewFacts(overview: QueueOverview | null): Json {
  if (overview === null) return null
  const { counts, isPaused, stranded, throttle } = overview
  const limits = isThrottled(throttle) ? { limits: throttleWords(throttle) } : {}
  return { counts: { ...counts }, isPaused, stranded, ...limits }
}
