import type { KnownBlock } from '@slack/types'

import type { AuditFilter } from '../../domain/audit-filter.ts'
import type { AuditRecord } from '../../domain/audit-record.ts'
import { deedOf, doerOf } from '../../domain/audit-words.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Locale } from '../../domain/views.ts'
import type { AuditView } from '../../usecases/audit/search-audit.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code, mention, prose, quoted } from './mrkdwn.ts'

const LINES_PER_SECTION = 5
const MAX_REASON = 140

/** A page of the audit trail, newest first, a line an entry. */
export function renderAudit(view: AuditView, locale: Locale): Rendered {
  const title = headingOf(view)
  return message(
    title,
    section(`*${title}*`, wordsOf(view.filter)),
    sections(
      view.records.map((record, index) => {
        const said = line(record, view.at, locale.timeZone)
        return isSaid(record, view.records[index - 1]) ? said : `${said}${reasonOf(record)}`
      }),
    ),
    context(olderHint(view, locale), ...standing(view, locale)),
  )
}

const headingOf = ({ records, filter, olderThan }: AuditView): string => {
  if (records.length === 0) return 'Audit trail: no entry fits'
  const isFirstPage = filter.beforeSeq === null
  if (olderThan === null && isFirstPage)
    return `Audit trail: ${plural(records.length, 'entry', 'entries')}`
  return `Audit trail: the ${isFirstPage ? 'latest' : 'next'} ${records.length}`
}

function sections(lines: readonly string[]): readonly KnownBlock[] {
  const starts = lines.map((_, index) => index).filter((index) => index % LINES_PER_SECTION === 0)
  return starts.map((start) => section(...lines.slice(start, start + LINES_PER_SECTION)))
}

/** `14:02 @ana confirmed the pause of sales/email for 30 min`. */
function line(record: AuditRecord, now: Date, zone: string): string {
  const { verb, what, subject, extra } = deedOf(record)
  const parts = [
    clockTime(record.at, zone, now),
    record.actor === null ? prose(doerOf(record), 60) : mention(record.actor.userId),
    prose(verb, 60),
    prose(what, 60),
    subject === '' ? '' : code(subject),
    extra,
  ]
  return parts.filter((part) => part !== '').join(' ')
}

const reasonOf = ({ reason }: AuditRecord): string =>
  reason === null ? '' : `: ${quoted(reason, MAX_REASON)}`

/** Entries of one plan have one reason; its latest entry says it. */
const isSaid = (record: AuditRecord, above: AuditRecord | undefined): boolean =>
  above !== undefined &&
  record.planId !== null &&
  record.planId === above.planId &&
  record.reason === above.reason

/** What was asked for, as it can be typed again. */
function typedOf(filter: AuditFilter): readonly string[] {
  const { queue, incidentId, person, plan, kind, since, until } = filter
  const when = (key: string, time: AuditFilter['since']): string | null => {
    if (time === null) return null
    const text = time.kind === 'at' ? time.at.toISOString() : `${Math.round(time.ms / 1000)}s`
    return `${key} ${text}`
  }
  return [
    queue === null ? null : `"${queue}"`,
    incidentId === null ? null : `#${incidentId}`,
    person === null ? null : `person:${person}`,
    plan === null ? null : `plan:${plan}`,
    kind === null ? null : `kind:${kind}`,
    when('since', since),
    when('until', until),
  ].filter((part) => part !== null)
}

const wordsOf = (filter: AuditFilter): string | null => {
  const typed = typedOf(filter)
  return typed.length === 0 ? null : `Only ${code(typed.join(' '))}`
}

function olderHint({ filter, olderThan }: AuditView, { commands }: Locale): string | null {
  if (olderThan === null) return null
  const words = [commands.queue, 'audit', ...typedOf(filter), `before ${olderThan}`]
  return `Older ones: ${code(words.join(' '), 200)}`
}

/** How far the trail goes, who outside vouches for it, and whether it was verified. */
function standing({ head, anchor, check, at }: AuditView, { timeZone }: Locale): readonly string[] {
  if (head === null) return ['Nothing was written to the trail yet.']
  const time = (date: Date): string => clockTime(date, timeZone, at)
  const anchored =
    anchor === null
      ? 'not anchored yet'
      : `anchored up to ${thousands(anchor.seq)} at ${time(anchor.at)}`
  return [`${plural(head.seq, 'entry', 'entries')} in all · ${anchored}`, verified(check, time)]
}

function verified(check: AuditView['check'], time: (date: Date) => string): string {
  if (check === null) return 'Not verified yet.'
  if (check.faults > 0)
    return `:rotating_light: *${plural(check.faults, 'fault')}* found at ${time(check.at)}: see ${code('spillway audit verify')}`
  return `:white_check_mark: verified up to ${thousands(check.seq)} at ${time(check.at)}`
}
