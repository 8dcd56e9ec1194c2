import type { Accounting } from './accounting.ts'
import type { DrainEstimate } from './forecast.ts'
import type { JobState, SkipReason } from './job.ts'
import type { JobAccounts } from './ports/vault-store.ts'
import type {
  HoldProof,
  JobSample,
  QueueOverview,
  QueueRef,
  QueueTier,
  RunProof,
  Sampled,
  TypeShare,
} from './queue.ts'
import type { PlannedReplay, RampWish } from './replay.ts'
import type { HeldThrottle, PlannedThrottle } from './throttle.ts'

/** What people can have done to a queue. */
export const ACTION_KINDS = [
  'pause',
  'resume',
  'throttle',
  'unthrottle',
  'quarantine',
  'release',
  'replay',
  'discard',
  'retry',
  'promote',
  'move',
  'prioritize',
  'clean',
  'drain',
  'unstick',
] as const
export type ActionKind = (typeof ACTION_KINDS)[number]

/** How much an action's effect needs: see `docs/security.md`. */
export type EffectTier = 'T0' | 'T1' | 'T2' | 'T3'

/** Who asks. Identified by workspace and user id, never by name. */
export interface Actor {
  readonly teamId: string
  readonly userId: string
}

export const isSameActor = (a: Actor, b: Actor): boolean =>
  a.teamId === b.teamId && a.userId === b.userId

/** See `plan-states.ts` for what leads from one to the next. */
export type PlanState =
  | 'planned'
  | 'requested'
  | 'confirmed'
  | 'executing'
  | 'done'
  | 'refused'
  | 'failed'
  | 'expired'
  | 'cancelled'

/** The frozen preview that is confirmed, and approved where policy says so. Nothing is executed that was not shown. */
export interface Plan {
  readonly id: string
  /** What people call it: plan 42. */
  readonly number: number
  readonly action: ActionKind
  /** One queue, or what was asked for: `tier:low`, `outreach:*`. */
  readonly scope: string
  /** Explicit, in the order of execution; at least one. */
  readonly queues: readonly PlannedQueue[]
  /** What waits in its only queue; null for several, and where nobody could look. */
  readonly preview: PlanPreview | null
  readonly incidentId: number | null
  /** Set when this plan is a timed hold's own end, pre-authorised by whoever set the hold. */
  readonly endsHoldId: string | null
  /** Set when this plan takes another one back. */
  readonly undoesPlanId: string | null
  /** Set when a replay had this plan made, which its own confirmation covered: once per step of it. */
  readonly replay?: { readonly planId: string; readonly step: string }
  readonly actor: Actor
  readonly tier: EffectTier
  /** Why it is of this tier, for people. */
  readonly tierReason: string
  /** Which jobs it is about; null for what is about whole queues. Their ids are in its slices. */
  readonly jobs: PlannedJobs | null
  /** For a pause or a throttle: how long; null means until somebody ends it. */
  readonly holdMs: number | null
  /** For a throttle, and for a pause that ends in one. */
  readonly throttle: PlannedThrottle | null
  readonly reason: string | null
  /** What has to be typed to confirm it; null for what can be taken back. */
  readonly phrase: string | null
  /** Approvals of other people that it needs; set when it is confirmed. */
  readonly approvalsNeeded: number
  readonly isBreakGlass: boolean
  readonly state: PlanState
  readonly hash: string
  readonly createdAt: Date
  /** Until then it can be confirmed; once requested, approved. */
  readonly expiresAt: Date
  readonly confirmedAt: Date | null
  /** Somebody asked it to stop; what is under way ends at the next slice. */
  readonly stop: { readonly by: Actor; readonly at: Date } | null
  /** When its execution began, and its last checkpoint within a queue. */
  readonly startedAt: Date | null
  readonly progressedAt: Date | null
  readonly outcome: PlanOutcome | null
  readonly finishedAt: Date | null
}

/** What a plan shows of the jobs that it is about, beside their number. */
export interface PlanPreview {
  readonly types: Sampled<TypeShare>
  /** A few that are next in line; their data is redacted and cut already. */
  readonly sample: readonly JobSample[]
  /** How long what waits takes to be worked off, once it may. */
  readonly drain: DrainEstimate
}

/** The jobs of a plan as shown, beside their ids. */
export interface PlannedJobs {
  /** Which ones, in the canonical words of the filter; empty for all. */
  readonly filter: string
  /** What they are called where no filter says it. */
  readonly label?: string
  readonly count: number
  /** SHA-256, hex, over queues, states and ids in order: what is confirmed is exactly these jobs. */
  readonly digest: string
  readonly byState: Readonly<Partial<Record<JobState, number>>>
  readonly oldestAt: Date | null
  readonly newestAt: Date | null
  /** Of these so many will be left as they are, as far as could be seen. */
  readonly foreseen: Readonly<Partial<Record<SkipReason, number>>>
  readonly options: JobOptions
  /** Of a replay. */
  readonly replay?: PlannedReplay
}

/** Every queue that a plan concerns: its own, and the one that its jobs go to. Rights are asked for on all of them. */
export function concernedQueues(
  plan: Pick<Plan, 'queues' | 'jobs'>,
): readonly Pick<PlannedQueue, 'ref' | 'tier'>[] {
  const { target, targetTier } = plan.jobs?.options ?? {}
  if (target === undefined || targetTier === undefined) return plan.queues
  return [...plan.queues, { ref: target, tier: targetTier }]
}

/** What an action is to do with its jobs, as far as it asks for something. */
export interface JobOptions {
  /** The vault set that the jobs are in, by number. */
  readonly vault?: number
  /** Tried as if new; else an exhausted job gets one more try. */
  readonly resetsAttempts?: boolean
  /** Back to where they were taken from, rather than in line. */
  readonly asItWas?: boolean
  /** No content is kept. */
  readonly forgets?: boolean
  readonly target?: QueueRef
  /** As the configuration has it: what is moved there needs the rights there. */
  readonly targetTier?: QueueTier
  readonly priority?: number
  /** Of a replay: in which waves, and how they are watched. */
  readonly ramp?: RampWish
  /** Of a replay: the number of the plan that it goes on with; its jobs are what that one left. */
  readonly continues?: number
}

/** One queue of a plan: how it was when the plan was made, and what has become of it. */
export interface PlannedQueue {
  readonly ref: QueueRef
  readonly tier: QueueTier
  readonly before: QueueOverview
  /** Holds that were active then. */
  readonly holdIds: readonly string[]
  /** Of the plan's jobs so many are its; null for what is about the whole queue. */
  readonly jobs: number | null
  /** What could go wrong there, in words. */
  readonly warnings: readonly string[]
  readonly state: PlannedQueueState
  /** An attempt may have changed it, wholly or by half. */
  readonly isTouched: boolean
  readonly outcome: QueueOutcome | null
}

/** Each queue of a plan ends in exactly one of the last four; `returned` was never begun. */
export type PlannedQueueState = 'pending' | 'executing' | 'done' | 'skipped' | 'failed' | 'returned'

export interface QueueOutcome {
  /** One sentence, for people. */
  readonly words: string
  readonly proof: QueueProof | null
  readonly after: QueueOverview | null
  /** Whether the jobs of before are all accounted for; null where nothing was changed. */
  readonly accounting: Accounting | null
  /** Of an action about jobs: what became of each. */
  readonly jobs?: JobAccounts
}

/** What was seen after a change: a pause that holds, a queue that runs. */
export type QueueProof = HoldProof | RunProof

export interface PlanOutcome {
  /** One or two sentences, for people. */
  readonly words: string
}

/** The only queue of a plan, or null if it has several. */
export const onlyQueue = (plan: Pick<Plan, 'queues'>): PlannedQueue | null =>
  plan.queues.length === 1 ? (plan.queues[0] ?? null) : null

/** Whether stopping now leaves this queue as it was found. */
export const isUntouched = ({ isTouched }: PlannedQueue): boolean => !isTouched

/** Another person's word on a plan. */
export interface Approval {
  readonly planId: string
  readonly by: Actor
  readonly verdict: 'approved' | 'rejected'
  /** The role that allowed it. */
  readonly role: string
  readonly at: Date
}

/** What was done by one person under break-glass waits here until somebody else signs it off. */
export interface Review {
  readonly planId: string
  readonly openedAt: Date
  readonly signedBy: Actor | null
  readonly signedAt: Date | null
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

/** Why a queue is slowed, to what, by whom, until when. While several last the strictest counts. */
export interface ThrottleHold extends Hold {
  readonly throttle: HeldThrottle
  /** What it left of the queue's pace when it was planned: 0 to 1; null where nobody could say. */
  readonly share: number | null
}
