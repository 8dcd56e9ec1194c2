import type { QueueRef } from './queue.ts'

export type Severity = 'SEV1' | 'SEV2' | 'SEV3' | 'SEV4'
export type IncidentState = 'triage' | 'open' | 'mitigated' | 'resolved'

/** `queue`: one queue or a configured group of queues. `storm`: what came beyond the room budget. */
export type IncidentKind = 'queue' | 'storm'

export interface Incident {
  readonly id: number
  readonly kind: IncidentKind
  /** What makes two alerts the same incident; at most one unresolved incident has it. */
  readonly key: string
  /** The queue people act on; null for a storm. */
  readonly ref: QueueRef | null
  readonly title: string
  readonly severity: Severity
  readonly state: IncidentState
  readonly openedAt: Date
  readonly lastAlertAt: Date
  readonly ackedAt: Date | null
  /** Slack user id of who leads. */
  readonly lead: string | null
  readonly resolvedAt: Date | null
  readonly resolvedBy: string | null
  readonly reopened: number
  /** The storm incident that this one is a line of; such an incident has no room of its own. */
  readonly stormId: number | null
  readonly channelId: string | null
  readonly channelName: string | null
  /** Of the delivery that opened it. */
  readonly correlationId: string | null
}

/** The steps that make a room. The channel must exist first; the rest stand on their own. */
export const ROOM_STEPS = ['create', 'invite', 'topic', 'pin'] as const
export type RoomStepName = (typeof ROOM_STEPS)[number]

export interface RoomStep {
  readonly incidentId: number
  readonly step: RoomStepName
  readonly state: 'pending' | 'done' | 'failed'
  readonly attempts: number
  /** Why the last attempt failed, in words. */
  readonly problem: string | null
}

export type TimelineKind =
  | 'opened'
  | 'alert_firing'
  | 'alert_repeated'
  | 'alert_resolved'
  | 'reopened'
  | 'mitigated'
  | 'severity'
  | 'acknowledged'
  | 'resolved'
  | 'room'
  | 'action'
  | 'note'

export interface TimelineEntry {
  readonly incidentId: number
  readonly at: Date
  readonly kind: TimelineKind
  /** Slack user id, or null for Spillway itself. */
  readonly actor: string | null
  readonly words: string
}

/** 1 is the most severe. */
const severityRank = (severity: Severity): number => Number(severity.slice(3))

export const worseSeverity = (a: Severity, b: Severity): Severity =>
  severityRank(a) <= severityRank(b) ? a : b

/** The state after one of the incident's alerts changed. Fired again means that people look again. */
export function stateAfterAlerts(
  state: IncidentState,
  firing: number,
  isAcknowledged: boolean,
): IncidentState {
  if (state === 'resolved') return firing > 0 ? (isAcknowledged ? 'open' : 'triage') : 'resolved'
  if (firing === 0) return 'mitigated'
  return state === 'mitigated' ? (isAcknowledged ? 'open' : 'triage') : state
}
