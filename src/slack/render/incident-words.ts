import { formatDuration } from '../../domain/duration.ts'
import type { Incident, Severity } from '../../domain/incident.ts'
import { clockTime } from '../../domain/time.ts'
import { channel, mention, prose, queueName } from './mrkdwn.ts'

const ICONS: Readonly<Record<Severity, string>> = {
  SEV1: ':rotating_light:',
  SEV2: ':red_circle:',
  SEV3: ':large_orange_circle:',
  SEV4: ':large_yellow_circle:',
}

/** One look tells how bad it is, or that it is over. */
export const incidentIcon = (incident: Incident): string => {
  if (incident.state === 'resolved') return ':white_check_mark:'
  return incident.state === 'mitigated' ? ':large_green_circle:' : ICONS[incident.severity]
}

/** How long it has lasted, or did last, in ms. */
const lastedMs = (incident: Incident, now: Date): number =>
  (incident.resolvedAt ?? now).getTime() - incident.openedAt.getTime()

export const lasted = (incident: Incident, now: Date): string =>
  formatDuration(lastedMs(incident, now))

export const leadWords = (incident: Incident): string =>
  incident.lead === null ? '*nobody leads yet*' : `${mention(incident.lead)} leads`

export function resolvedWords(incident: Incident, zone: string, now: Date): string {
  const by = incident.resolvedBy === null ? ' by itself' : ` by ${mention(incident.resolvedBy)}`
  const at = incident.resolvedAt === null ? '' : ` at ${clockTime(incident.resolvedAt, zone, now)}`
  return `Resolved${by}${at}`
}

/** An incident as one line of a list: what, how bad, since when, who. */
export function incidentLine(incident: Incident, now: Date): string {
  const where = channel(incident.channelId)
  const what = incident.ref === null ? '' : ` ${queueName(incident.ref)}`
  const facts = [
    incident.state,
    lasted(incident, now),
    incident.state === 'resolved' ? null : leadWords(incident),
    where,
  ].filter((fact) => fact !== null)
  return `${incidentIcon(incident)} *${incident.id}* ${incident.severity}${what} ${prose(incident.title, 120)}\n${facts.join(' · ')}`
}
