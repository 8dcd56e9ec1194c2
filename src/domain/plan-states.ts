import type { PlanState } from './action.ts'
import type { AuditKind } from './audit.ts'

/** What can happen to a plan. */
export type PlanEvent =
  | 'confirm'
  | 'request'
  | 'break_glass'
  | 'approve'
  | 'reject'
  | 'withdraw'
  | 'void'
  | 'lapse'
  | 'begin'
  | 'put_off'
  | 'finish'
  | 'refuse'
  | 'fail'
  | 'stop'

/** One row of the table: `event` leads from `from` to `to` and writes `audit`. */
interface Transition {
  readonly event: PlanEvent
  readonly from: PlanState
  readonly to: PlanState
  /** Null where the entry is written with the effect itself. */
  readonly audit: AuditKind | null
}

/**
 * The whole life of a plan. The database holds the same table and refuses every other move
 * (`plan_transition` in the schema); a test compares the two.
 */
export const PLAN_TRANSITIONS: readonly Transition[] = [
  // The person who asked confirms what was shown.
  { event: 'confirm', from: 'planned', to: 'confirmed', audit: 'confirmed' },
  { event: 'request', from: 'planned', to: 'requested', audit: 'requested' },
  { event: 'break_glass', from: 'planned', to: 'confirmed', audit: 'break_glass' },
  { event: 'lapse', from: 'planned', to: 'expired', audit: 'expired' },
  { event: 'void', from: 'planned', to: 'expired', audit: 'voided' },
  // Other people judge it.
  { event: 'approve', from: 'requested', to: 'confirmed', audit: 'approved' },
  { event: 'reject', from: 'requested', to: 'refused', audit: 'rejected' },
  { event: 'withdraw', from: 'requested', to: 'cancelled', audit: 'withdrawn' },
  { event: 'lapse', from: 'requested', to: 'expired', audit: 'expired' },
  { event: 'void', from: 'requested', to: 'expired', audit: 'voided' },
  // It is carried out.
  { event: 'begin', from: 'confirmed', to: 'executing', audit: null },
  { event: 'begin', from: 'executing', to: 'executing', audit: null },
  { event: 'put_off', from: 'executing', to: 'confirmed', audit: null },
  { event: 'finish', from: 'executing', to: 'done', audit: 'outcome' },
  { event: 'refuse', from: 'executing', to: 'refused', audit: 'outcome' },
  { event: 'fail', from: 'executing', to: 'failed', audit: 'outcome' },
  { event: 'stop', from: 'executing', to: 'cancelled', audit: 'outcome' },
]

/** Nothing leads out of these. */
export const FINAL_STATES: readonly PlanState[] = [
  'done',
  'refused',
  'failed',
  'expired',
  'cancelled',
]

export const isOver = (state: PlanState): boolean => FINAL_STATES.includes(state)

/** From where an event can happen, and where it leads, which is the same from everywhere. */
export function edgeOf(event: PlanEvent): {
  readonly from: readonly PlanState[]
  readonly to: PlanState
} {
  const rows = PLAN_TRANSITIONS.filter((row) => row.event === event)
  const [first] = rows
  if (first === undefined) throw new Error(`nothing happens by ${event}`)
  return { from: rows.map(({ from }) => from), to: first.to }
}

/** What may stand between a confirmed plan and its execution. */
export interface Demand {
  readonly tier: 'T0' | 'T1' | 'T2' | 'T3'
  readonly isBreakGlass: boolean
  /** It ends a timed hold, which its setting pre-authorised. */
  readonly isTimedEnd: boolean
  readonly approvalsNeeded: number
  /** People other than the requester who approved. */
  readonly approvals: number
}

/** Whether everything that policy demands is there. The database asks the same before an execution begins. */
export function mayBegin(demand: Demand): boolean {
  if (demand.tier !== 'T3' || demand.isBreakGlass || demand.isTimedEnd) return true
  return demand.approvalsNeeded > 0 && demand.approvals >= demand.approvalsNeeded
}
