import type {
  Actor,
  Approval,
  Hold,
  Plan,
  PlannedQueue,
  PlanOutcome,
  PlanState,
  QueueOutcome,
  Review,
  ThrottleHold,
} from '../action.ts'
import type { HoldProof, QueueRef } from '../queue.ts'
import type { Throttle } from '../throttle.ts'

/** What a confirmation settles: the plan as it will be carried out. */
export type Settled = Pick<
  Plan,
  | 'reason'
  | 'holdMs'
  | 'tier'
  | 'tierReason'
  | 'hash'
  | 'approvalsNeeded'
  | 'isBreakGlass'
  | 'expiresAt'
> & { readonly state: 'confirmed' | 'requested' }

/** One attempt's right to carry a plan out. */
export interface Lease {
  readonly plan: Plan
  readonly fence: number
  /** Attempts that did not end by themselves, this one counted: 1 for the first, and after every `later`. */
  readonly attempt: number
}

export interface Plans {
  /** With the number that it gets; null if the hold that it ends has such a plan already. */
  add(plan: Omit<Plan, 'number'>): Promise<Plan | null>
  byId(id: string): Promise<Plan | null>
  byNumber(number: number): Promise<Plan | null>
  /** With its row locked until the transaction ends. */
  locked(id: string): Promise<Plan | null>
  /** planned → confirmed or requested, once, while unexpired. Null for whoever comes second or late. */
  confirm(id: string, settled: Settled, now: Date): Promise<Plan | null>
  /** What people's word or the clock does to it; null if it is no longer where that can happen. An outcome ends it. */
  move(
    id: string,
    event: 'approve' | 'reject' | 'withdraw' | 'lapse' | 'void',
    options: { readonly now: Date; readonly outcome?: PlanOutcome },
  ): Promise<Plan | null>
  /** Confirmed or abandoned → executing; the fence makes a late worker's writes fail. Null if another worker has it. */
  lease(id: string, now: Date, leaseMs: number): Promise<Lease | null>
  /** Lets the next attempt begin at once; its queues stay its own. */
  release(id: string, fence: number, now: Date): Promise<boolean>
  /** executing → confirmed: its queues are free for other plans until it goes on. */
  putOff(id: string, fence: number): Promise<boolean>
  /** The same for what made progress and goes on later: its attempts are counted anew from there. */
  later(id: string, fence: number, now: Date): Promise<boolean>
  /** One queue of an executing plan → executing. `busy` while another plan has this queue. */
  beginQueue(id: string, fence: number, ref: QueueRef): Promise<'begun' | 'busy' | 'lost'>
  /** Whether another plan, no replay, waits for its turn at this queue. */
  isWanted(ref: QueueRef, besidesPlanId: string): Promise<boolean>
  /** Marks that a queue is about to be touched; false if that was marked before, or the fence is lost. */
  intend(id: string, fence: number, ref: QueueRef, now: Date): Promise<boolean>
  /** Marks that a queue is being changed and renews the lease; false if the fence is no longer ours. */
  touch(id: string, fence: number, ref: QueueRef, now: Date, leaseMs: number): Promise<boolean>
  /** Whether an attempt marked this queue as being changed. */
  wasTouched(id: string, ref: QueueRef): Promise<boolean>
  /** False if the fence is no longer ours, or the queue's part was over before. */
  endQueue(
    id: string,
    fence: number,
    ref: QueueRef,
    state: PlannedQueue['state'],
    outcome: QueueOutcome,
  ): Promise<boolean>
  /** Every queue that is not over becomes `returned`, or, if it was touched, `failed` with these words. */
  returnQueues(
    id: string,
    fence: number,
    words: string,
  ): Promise<readonly { readonly ref: QueueRef; readonly state: 'returned' | 'failed' }[]>
  /** Null if the fence is no longer ours. */
  finish(
    id: string,
    fence: number,
    state: PlanState,
    outcome: PlanOutcome,
    now: Date,
  ): Promise<Plan | null>
  /** Asks a plan to stop at the next slice; false if it is over or was asked before. */
  requestStop(id: string, by: Actor, now: Date): Promise<boolean>
  /** Previews and requests whose time is over. */
  lapsed(now: Date, limit: number): Promise<readonly string[]>
  /** What nobody confirmed; its audit entries stay. */
  forgetPreviews(before: Date): Promise<void>
  /** Abandoned ones first, then what people wait for, then timed ends. */
  unfinished(
    now: Date,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly isTimedEnd: boolean }[]>
  /** Waiting for approval, oldest first. */
  requested(): Promise<readonly Plan[]>
  /** Requests nobody was reminded of since `before`; marks them as reminded. */
  remind(before: Date, now: Date): Promise<readonly Plan[]>
  lastDone(ref: QueueRef, action: Plan['action']): Promise<Plan | null>
  /** Plans that took effect, confirmed since, or still may, on one of these queues or in this incident. */
  actingSince(
    since: Date,
    about: { readonly refs: readonly QueueRef[]; readonly incidentId: number | null },
  ): Promise<readonly Plan[]>
  /** When people ordered something since: all of one person, or all on one of these queues. Oldest first. */
  ordersSince(
    since: Date,
    by: { readonly actor: Actor } | { readonly refs: readonly QueueRef[] },
  ): Promise<readonly Date[]>
}

/** Other people's word on plans. The database refuses the requester's own, a second one, and a late one. */
export interface Approvals {
  /** False if this person said the same before. Throws if the plan does not wait for it. */
  add(approval: Approval, requester: Actor): Promise<boolean>
  ofPlan(planId: string): Promise<readonly Approval[]>
}

/** What was done under break-glass, until somebody else signs it off. */
export interface Reviews {
  open(plan: Pick<Plan, 'id' | 'actor'>, at: Date): Promise<void>
  /** False if it was signed before, or by the person who did it. */
  sign(planId: string, by: Actor, at: Date): Promise<boolean>
  ofPlan(planId: string): Promise<Review | null>
  unsigned(): Promise<readonly Review[]>
  /** Those nobody was reminded of since `before`; marks them as reminded. */
  remind(before: Date, now: Date): Promise<readonly Review[]>
}

/** Of one kind: pauses, unless told. */
export interface Holds<H extends Hold = Hold> {
  /** Once per plan and queue. */
  start(hold: H): Promise<H>
  active(ref: QueueRef | null): Promise<readonly H[]>
  /** On one of these queues, active or ended since. */
  recent(refs: readonly QueueRef[], since: Date): Promise<readonly H[]>
  byId(id: string): Promise<H | null>
  ofPlans(planIds: readonly string[]): Promise<readonly H[]>
  setProof(id: string, proof: HoldProof): Promise<void>
  /** False if it had ended before. */
  end(id: string, at: Date, by: string | null): Promise<boolean>
  due(now: Date, limit: number): Promise<readonly string[]>
  /** Holds without an end that began, or should have ended, or were last reminded of, before; marks them as reminded. */
  remind(before: Date, now: Date): Promise<readonly H[]>
}

/** Holds that slow queues. */
export interface Throttles extends Holds<ThrottleHold> {
  /** What comes back at the end of this queue's active throttles: somebody else set it meanwhile. */
  rebase(ref: QueueRef, former: Throttle): Promise<void>
  /** False if it had ended before, or ends no earlier. */
  prolong(id: string, until: Date): Promise<boolean>
}
