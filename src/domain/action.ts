import type { HoldProof, QueueOverview, QueueRef, QueueTier } from './queue.ts'

/** What people can have done to a queue. */
export const ACTION_KINDS = ['pause', 'resume'] as const
export type ActionKind = (typeof ACTION_KINDS)[number]

/** How much an action's effect needs: see `docs/security.md`. */
export type EffectTier = 'T0' | 'T1' | 'T2' | 'T3'

/** Who asks. Identified by workspace and user id, never by name. */
export interface Actor {
  readonly teamId: string
  readonly userId: string
}

export type PlanState =
  | 'planned'
  | 'confirmed'
  | 'executing'
  | 'done'
  | 'refused'
  | 'failed'
  | 'expired'
  | 'cancelled'

/** The frozen preview that a person confirms. Nothing is executed that was not shown. */
export interface Plan {
  readonly id: string
  readonly action: ActionKind
  readonly ref: QueueRef
  readonly incidentId: number | null
  /** Set when this plan is a timed hold's own end, pre-authorised by whoever set the hold. */
  readonly endsHoldId: string | null
  readonly actor: Actor
  readonly tier: EffectTier
  readonly queueTier: QueueTier
  readonly before: PlanPreview
  /** For a pause: how long; null means until somebody resumes. */
  readonly holdMs: number | null
  readonly reason: string | null
  readonly state: PlanState
  readonly hash: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly confirmedAt: Date | null
  readonly outcome: PlanOutcome | null
  readonly finishedAt: Date | null
}

/** The queue as it was when the plan was made. */
export interface PlanPreview {
  readonly overview: QueueOverview
  readonly holdIds: readonly string[]
  readonly warnings: readonly string[]
}

export interface PlanOutcome {
  /** One sentence, for people. */
  readonly words: string
  readonly proof: HoldProof | null
  readonly after: QueueOverview | null
}

/** Why a queue is stopped, by whom, until when. A queue runs again when its last hold ends. */
export interface Hold {
  readonly id: string
  readonly ref: QueueRef
  readonly planId: string
  readonly incidentId: number | null
  readonly owner: Actor
  readonly reason: string | null
  readonly startedAt: Date
  readonly endsAt: Date | null
  readonly endedAt: Date | null
  /** Slack user id, or null when it ended by itself. */
  readonly endedBy: string | null
  readonly proof: HoldProof
}
