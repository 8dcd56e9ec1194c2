import { createHash } from 'node:crypto'

import type { ActionKind, EffectTier, Plan } from './action.ts'
import { canonicalJson } from './audit.ts'
import { OperatorError } from './errors.ts'
import { queueKey, type QueueTier } from './queue.ts'
import type { HoldChoice } from './views.ts'

const MINUTE_MS = 60_000
/** A critical queue may stay stopped this long on one person's word. */
const CRITICAL_HOLD_MS = 15 * MINUTE_MS
/** What was previewed is worth confirming this long. */
export const PLAN_TTL_MS = 15 * MINUTE_MS
/** An execution that cannot reach its system is given up after this. */
export const EXECUTION_PATIENCE_MS = 15 * MINUTE_MS

/** The tier of an action by its effect: stopping one non-critical queue for a while is the mildest. */
export function effectTier(
  action: ActionKind,
  queueTier: QueueTier,
  holdMs: number | null,
): EffectTier {
  if (action === 'pause' && queueTier !== 'critical' && holdMs !== null) return 'T1'
  return 'T2'
}

/** A reason is optional for what is mild, and needed for everything else. */
export const isReasonRequired = (tier: EffectTier): boolean => tier !== 'T0' && tier !== 'T1'

const CRITICAL_CHOICES_MS = [5 * MINUTE_MS, 10 * MINUTE_MS, CRITICAL_HOLD_MS]
const CHOICES_MS = [15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS, 4 * 60 * MINUTE_MS, null]

/** How long a pause may be, with the default: what was asked for, else the queue tier's usual. */
export function holdChoices(queueTier: QueueTier, askedMs: number | null): readonly HoldChoice[] {
  const isCritical = queueTier === 'critical'
  const usual: readonly (number | null)[] = isCritical ? CRITICAL_CHOICES_MS : CHOICES_MS
  const chosen = askedMs ?? (isCritical ? CRITICAL_HOLD_MS : 30 * MINUTE_MS)
  const all = usual.includes(chosen) ? usual : [chosen, ...usual]
  return all.map((holdMs) => ({ holdMs, isDefault: holdMs === chosen }))
}

/** Throws `bad_duration` where one person's word is not enough for a pause this long. */
export function checkHold(queueTier: QueueTier, holdMs: number | null): void {
  if (queueTier !== 'critical' || (holdMs !== null && holdMs <= CRITICAL_HOLD_MS)) return
  throw new OperatorError(
    'bad_duration',
    'A critical queue can be paused for at most 15 minutes.',
    'Nothing was changed. Pause it for 15 minutes; when it runs again, decide again.',
  )
}

/** What is confirmed is exactly this: SHA-256 over the plan's canonical form. */
export const planHash = (
  plan: Pick<Plan, 'id' | 'action' | 'ref' | 'actor' | 'tier' | 'before'>,
): string =>
  createHash('sha256')
    .update(
      canonicalJson({
        id: plan.id,
        action: plan.action,
        queue: queueKey(plan.ref),
        actor: { team: plan.actor.teamId, user: plan.actor.userId },
        tier: plan.tier,
        counts: { ...plan.before.overview.counts },
        isPaused: plan.before.overview.isPaused,
        holds: plan.before.holdIds,
      }),
    )
    .digest('hex')
