import type { TimelineEntry } from '../../domain/incident.ts'
import { plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { IncidentListView, IncidentStatusView, Locale } from '../../domain/views.ts'
import { context, firstFew, message, section, type Rendered } from './elements.ts'
import { renderHeadline } from './headline.ts'
import { incidentLine } from './incident-words.ts'
import { mention, prose, sentence } from './mrkdwn.ts'

const MAX_INCIDENTS = 12
const MAX_ENTRIES = 12

/** Incidents as they come, each with its number, state, lead and room. */
export function renderIncidentList(view: IncidentListView, locale: Locale): Rendered {
  const { incidents, at } = view
  const open = incidents.filter((incident) => incident.state !== 'resolved').length
  const title = open === 0 ? 'No open incidents' : plural(open, 'open incident')
  const heading = open === 0 && incidents.length > 0 ? `*${title}*; the latest were:` : `*${title}*`
  return message(
    title,
    section(
      heading,
      ...firstFew(incidents, MAX_INCIDENTS, (incident) => incidentLine(incident, at)),
    ),
    view.unreadable.length === 0
      ? []
      : context(
          'Could not be read in the last 24 h, the latest first:',
          ...view.unreadable.map((each) => unreadableLine(each, locale.timeZone, at)),
        ),
  )
}

const unreadableLine = (
  { id, source, receivedAt, problem }: IncidentListView['unreadable'][number],
  zone: string,
  now: Date,
): string =>
  `${clockTime(receivedAt, zone, now)} ${prose(source, 60)}: ${sentence(problem ?? 'no reason known', 300)} (delivery ${prose(id, 40)})`

/** Words that name who did it need no name in front. */
const entryLine = (entry: TimelineEntry, zone: string, now: Date): string => {
  const isNamed = entry.actor === null || entry.words.includes(`<@${entry.actor}>`)
  const who = isNamed || entry.actor === null ? '' : ` ${mention(entry.actor)}`
  return `${clockTime(entry.at, zone, now)}${who} ${sentence(entry.words, 200)}`
}

/** The headline as it is now, with the latest of the timeline. */
export function renderIncidentStatus(view: IncidentStatusView, locale: Locale): Rendered {
  const { headline, timeline } = view
  const rendered = renderHeadline(headline, locale)
  const latest = timeline
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .slice(-MAX_ENTRIES)
    .map((entry) => entryLine(entry, locale.timeZone, headline.at))
  return message(
    rendered.text,
    rendered.blocks,
    latest.length === 0 ? [] : section('*Timeline*', ...latest),
  )
}
