import type {
  Incident,
  IncidentKind,
  IncidentState,
  RoomStep,
  RoomStepName,
  Severity,
  TimelineEntry,
} from '../incident.ts'
import type { QueueRef } from '../queue.ts'

export interface NewIncident {
  readonly kind: IncidentKind
  readonly key: string
  readonly ref: QueueRef | null
  readonly title: string
  readonly severity: Severity
  readonly correlationId: string | null
  readonly at: Date
}

export interface Incidents {
  /** Serialises everything that happens to one key until the transaction ends. */
  lockKey(key: string): Promise<void>
  /** Inserts unless an unresolved one has the key; then that one, `created: false`. */
  open(incident: NewIncident): Promise<{ readonly incident: Incident; readonly created: boolean }>
  byId(id: number): Promise<Incident | null>
  unresolvedByKey(key: string): Promise<Incident | null>
  /** The same, locked until the transaction ends. */
  lockUnresolved(key: string): Promise<Incident | null>
  byChannel(channelId: string): Promise<Incident | null>
  /** The latest with this key that was resolved after `since`. */
  resolvedSince(key: string, since: Date): Promise<Incident | null>
  unresolved(): Promise<readonly Incident[]>
  /**
   * Unresolved ones with a room whose numbers change, the longest not refreshed first; they count as
   * refreshed at `at`.
   */
  dueForRefresh(at: Date, limit: number): Promise<readonly Incident[]>
  recent(limit: number): Promise<readonly Incident[]>
  linesOf(stormId: number): Promise<readonly Incident[]>
  update(
    id: number,
    change: Partial<{
      state: IncidentState
      severity: Severity
      title: string
      lastAlertAt: Date
      ackedAt: Date | null
      lead: string | null
      resolvedAt: Date | null
      resolvedBy: string | null
      reopened: number
      stormId: number | null
      channelId: string
      channelName: string
    }>,
  ): Promise<Incident>
  /** Rooms opened automatically since `since`, wished-for ones included; call under `lockKey('rooms')`. */
  automaticRoomsSince(since: Date): Promise<number>
}

export interface Rooms {
  /** Adds the pending steps of a room, once. */
  plan(incidentId: number, steps: readonly RoomStepName[], at: Date): Promise<void>
  steps(incidentId: number): Promise<readonly RoomStep[]>
  /**
   * Claims a step that was read with `attempts`, until `until`, before it is tried: a crash leaves a trace, and
   * nobody else starts it meanwhile. False if somebody has, or it is done.
   */
  attempt(
    step: Pick<RoomStep, 'incidentId' | 'step' | 'attempts'>,
    at: Date,
    until: Date,
  ): Promise<boolean>
  /** Extends the claim; false if it was lost. */
  renew(step: Pick<RoomStep, 'incidentId' | 'step' | 'attempts'>, until: Date): Promise<boolean>
  /** Gives the claim back: the step could not be tried yet. */
  release(incidentId: number, step: RoomStepName): Promise<void>
  /** Has one step tried again, to find out whether the room is still there. */
  redo(incidentId: number, step: RoomStepName): Promise<void>
  /** The room is gone: forgets it with its headline's place, and plans all steps anew. */
  replace(incidentId: number, headlineKey: string): Promise<void>
  settle(
    incidentId: number,
    step: RoomStepName,
    state: 'done' | 'failed',
    problem: string | null,
  ): Promise<void>
  /** Incidents, not resolved, with a step that nobody is trying now; the oldest first. */
  unfinished(now: Date, limit: number): Promise<readonly number[]>
}

export interface Timeline {
  add(entry: TimelineEntry): Promise<void>
  /** Many at once, in this order. */
  addAll(entries: readonly TimelineEntry[]): Promise<void>
  ofIncident(incidentId: number, limit: number): Promise<readonly TimelineEntry[]>
}
