import { type ParseBody } from '../domain/alert.ts'
import type { AnchorSink } from '../domain/ports/anchor-place.ts'
import { endHold } from '../usecases/actions/end-hold.ts'
import { executePlan } from '../usecases/actions/execute-plan.ts'
import { processDelivery } from '../usecases/alerts/process-delivery.ts'
import { anchorAudit } from '../usecases/audit/anchor-audit.ts'
import { checkTrail } from '../usecases/audit/check-trail.ts'
import type { Reading } from '../usecases/audit/verify-trail.ts'
import type { Deps } from '../usecases/deps.ts'
import { openRoom } from '../usecases/incidents/open-room.ts'
import { verifyRecovery } from '../usecases/recovery/verify.ts'
import type { Handlers } from './runner.ts'

export interface HandlerDeps extends Deps {
  readonly parse: ParseBody
  /** Sends what a channel's outbox has due; returns when to come back, null when it is empty. */
  readonly deliverChannel: (channel: string) => Promise<Date | null>
  /** Places outside the database that vouch for the audit trail, beside Slack. */
  readonly anchorSinks: readonly AnchorSink[]
  /** The anchors that can be read without Slack. */
  readonly readAnchors: () => Promise<readonly Reading[]>
}

/** However clocks differ, a channel is not asked for in a tight loop. */
const MIN_WAIT_MS = 50

/** What each durable task does. A task that is not done says when to come back by its own next job. */
export function createHandlers(deps: HandlerDeps): Handlers {
  const { work } = deps.store.now
  // What was asked for meanwhile, and is due earlier, must not be put off.
  const isKept = true
  return {
    process_delivery: ({ deliveryId }) => processDelivery(deps, deliveryId),
    async end_hold({ holdId }) {
      const wait = await endHold(deps, holdId)
      if (wait === null) return
      await work.enqueue('end_hold', { holdId }, { key: holdId, afterMs: wait, isKept })
    },
    async verify_recovery({ recoveryId }) {
      const wait = await verifyRecovery(deps, recoveryId)
      if (wait === null) return
      await work.enqueue(
        'verify_recovery',
        { recoveryId },
        { key: recoveryId, afterMs: wait, isKept },
      )
    },
    async open_room({ incidentId }) {
      const wait = await openRoom(deps, incidentId)
      if (wait === null) return
      await work.enqueue(
        'open_room',
        { incidentId },
        { key: String(incidentId), afterMs: wait, isKept },
      )
    },
    async deliver_messages({ channel }) {
      const due = await deps.deliverChannel(channel)
      if (due === null) return
      const afterMs = Math.max(MIN_WAIT_MS, due.getTime() - deps.clock.now().getTime())
      await work.enqueue('deliver_messages', { channel }, { key: channel, afterMs, isKept })
    },
    anchor_audit: () => anchorAudit(deps, deps.anchorSinks),
    verify_audit: () => checkTrail(deps, deps.readAnchors),
    async execute_plan({ planId }) {
      const attempt = await executePlan(deps, planId)
      if (attempt.isFinished) return
      await work.enqueue(
        'execute_plan',
        { planId },
        { key: planId, afterMs: attempt.forMs, isKept, isPatient: attempt.isPatient },
      )
    },
  }
}
