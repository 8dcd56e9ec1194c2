import { createHash } from 'node:crypto'

import type { Incident } from './incident.ts'
import { queueKey } from './queue.ts'

/** Slack allows 80 characters; some workspaces refuse names near that. */
const NAME_MAX = 75
const SUFFIX_MAX = 5

const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')

/** `yymmdd` in the given time zone. */
const dayOf = (date: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, year: '2-digit', month: '2-digit', day: '2-digit' })
    .format(date)
    .replace(/\D/g, '')

/**
 * The channel name of an incident's room from the template ({yymmdd}, {slug}, {id}, {ts}), legal in
 * Slack and at most 75 characters; the slug gives way, never the id. From the second try on it carries
 * a suffix, the same for the same try, so that a crash between asking Slack and noting its answer can
 * be recognised.
 */
export function roomName(
  template: string,
  incident: Pick<Incident, 'id' | 'kind' | 'ref' | 'openedAt'>,
  timeZone: string,
  attempt: number,
): string {
  const slug = incident.ref === null ? 'storm' : slugOf(incident.ref.queue) || 'queue'
  const suffix = attempt <= 1 ? '' : `-${clashSuffix(incident, attempt)}`
  const fill = (cut: string): string =>
    template
      .replaceAll('{yymmdd}', dayOf(incident.openedAt, timeZone))
      .replaceAll('{ts}', String(Math.floor(incident.openedAt.getTime() / 1000)))
      .replaceAll('{id}', String(incident.id))
      .replaceAll('{slug}', cut)
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
  const room = NAME_MAX - SUFFIX_MAX - fill('').length
  const cut = slug.slice(0, Math.max(0, room)).replace(/-+$/, '')
  return `${fill(cut).slice(0, NAME_MAX - SUFFIX_MAX)}${suffix}`.replace(/^-+|-+$/g, '')
}

const clashSuffix = (incident: Pick<Incident, 'id' | 'openedAt'>, attempt: number): string =>
  createHash('sha256')
    .update(`${incident.id}:${incident.openedAt.toISOString()}:${attempt}`)
    .digest('hex')
    .slice(0, SUFFIX_MAX - 1)

/** At most 250 characters, as Slack has it. */
export function roomTopic(incident: Pick<Incident, 'severity' | 'title' | 'ref'>): string {
  const where = incident.ref === null ? 'many queues' : queueKey(incident.ref)
  return Array.from(`${incident.severity} · ${where} · ${incident.title}`).slice(0, 250).join('')
}
