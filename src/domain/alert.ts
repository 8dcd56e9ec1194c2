import type { Severity } from './incident.ts'
import type { QueueRef } from './queue.ts'

type AlertStatus = 'firing' | 'resolved'

/** One alert as a sender reports it, whatever the sender's format. */
export interface Alert {
  readonly fingerprint: string
  readonly status: AlertStatus
  /** Null when the sender does not say: then it is told apart by whether it still fires. */
  readonly startsAt: Date | null
  readonly endsAt: Date | null
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Link to the rule or graph at the sender. */
  readonly sourceUrl: string | null
}

/** What a sender's body holds, parsed. `truncated` alerts were left out by the sender. */
export interface AlertBatch {
  readonly alerts: readonly Alert[]
  readonly truncated: number
}

/** Reads a sender's body. Throws `UnreadableBody` with the reason in words. */
export type ParseBody = (source: string, body: Buffer) => AlertBatch

/** A body that no parser of its source understands. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody'
}

/** The replay during which an alert began, whose doing it may be: one plan's wave, from 0. */
export interface AlertReplay {
  readonly planNumber: number
  readonly wave: number
}

/** A stored alert with what became of it. */
export interface TrackedAlert extends Alert {
  readonly startsAt: Date
  readonly id: number
  readonly source: string
  readonly incidentId: number | null
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  readonly repeats: number
  /** Null for what began before, elsewhere, or long after. */
  readonly replay: AlertReplay | null
}

/** `during replay plan 42, wave 2`, counted from 1 as people do. */
export const duringReplay = ({ planNumber, wave }: AlertReplay): string =>
  `during replay plan ${planNumber}, wave ${wave + 1}`

/** How labels name a queue: from `spillway.yml`, `alerts.mapping`. */
export interface LabelMapping {
  readonly queueLabels: readonly string[]
  readonly systemLabels: readonly string[]
  readonly defaultSystem: string | null
  readonly severityLabel: string
  readonly severities: Readonly<Record<string, Severity>>
}

export const alertName = (alert: Pick<Alert, 'labels'>): string =>
  alert.labels['alertname'] ?? 'alert'

export const alertSummary = (alert: Pick<Alert, 'labels' | 'annotations'>): string =>
  alert.annotations['summary'] ?? alert.annotations['description'] ?? alertName(alert)

const firstOf = (labels: Alert['labels'], names: readonly string[]): string | undefined =>
  names.map((name) => labels[name]).find((value) => value !== undefined && value !== '')

/** Severity by the mapping; a word it does not know is SEV3, so that a typo neither pages nor hides. */
export function alertSeverity(alert: Pick<Alert, 'labels'>, mapping: LabelMapping): Severity {
  const word = alert.labels[mapping.severityLabel]?.toLowerCase()
  return (word === undefined ? undefined : mapping.severities[word]) ?? 'SEV3'
}

/** Longer texts name no queue, and no index of PostgreSQL holds texts of any length. */
const QUEUE_MAX_BYTES = 512

/**
 * The queue that an alert is about, or null when its labels name none, one with an absurdly long name, or an
 * unknown system. Without a system label the
 * default system counts, else the only configured one, else the only system that knows the queue.
 */
export function alertQueue(
  alert: Pick<Alert, 'labels'>,
  mapping: LabelMapping,
  known: ReadonlyMap<string, readonly string[]>,
): QueueRef | null {
  const queue = firstOf(alert.labels, mapping.queueLabels)
  if (queue === undefined || Buffer.byteLength(queue) > QUEUE_MAX_BYTES) return null
  const system = firstOf(alert.labels, mapping.systemLabels)
  // A queue of a system that is not watched here must not be taken for one of the same name that is.
  if (system !== undefined) return known.has(system) ? { system, queue } : null
  const systems = [...known.keys()]
  const holders = systems.filter((name) => known.get(name)?.includes(queue))
  const only = (names: readonly string[]): string | null =>
    names.length === 1 ? (names[0] ?? null) : null
  const chosen = mapping.defaultSystem ?? only(systems) ?? only(holders)
  return chosen === null ? null : { system: chosen, queue }
}
