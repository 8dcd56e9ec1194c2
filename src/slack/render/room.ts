import type { MessageContent, RoomLine } from '../../domain/message.ts'
import type { Freeze } from '../../domain/ports/store.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { AnnouncementView, Locale } from '../../domain/views.ts'
import { message, section, type Rendered } from './elements.ts'
import { freezeLine } from './holds.ts'
import { incidentIcon, lasted, leadWords } from './incident-words.ts'
import { channel, code, mention, prose, queueName, sentence } from './mrkdwn.ts'

/** The line about an incident in the ops channel. */
export function renderAnnouncement(view: AnnouncementView, locale: Locale): Rendered {
  const { incident } = view
  const what = incident.ref === null ? null : queueName(incident.ref)
  const size = incident.kind === 'storm' ? plural(view.lineCount, 'incident') : null
  const over = incident.resolvedAt
  const state =
    over === null
      ? `${thousands(view.firing)} firing · ${leadWords(incident)}`
      : `resolved ${clockTime(over, locale.timeZone, incident.openedAt)} after ${lasted(incident, over)}`
  const facts = [what, size, prose(view.summary, 200), state, channel(incident.channelId)]
  const line = facts.filter((fact) => fact !== null && fact !== '').join(' · ')
  const words = `${incidentIcon(incident)} *${incident.severity}* ${line}`
  return message(`${incident.severity} ${prose(incident.title, 150)}`, section(words))
}

const ICONS: Readonly<Record<RoomLine['icon'], string>> = {
  alert: ':rotating_light:',
  check: ':white_check_mark:',
  stop: ':double_vertical_bar:',
  halt: ':octagonal_sign:',
  go: ':arrow_forward:',
  vault: ':file_cabinet:',
  hand: ':wave:',
  warning: ':warning:',
  info: ':information_source:',
}

/** Groups and people beyond these would make a line that nobody reads. */
const MAX_MENTIONS = 20

/** One line in a room when something changed. Whom its words name already is not named in front as well. */
export function renderRoomLine(line: RoomLine): Rendered {
  const words = sentence(line.words, 2000)
  const whom = line.mention
    .map(mention)
    .filter((name) => !words.includes(name))
    .slice(0, MAX_MENTIONS)
    .join(' ')
  const said = whom === '' ? words : `${whom} ${words}`
  return message(said, section(`${ICONS[line.icon]} ${said}`))
}

type UnmappedAlert = Extract<MessageContent, { readonly kind: 'unmapped_alert' }>

/** An alert that names no queue: it is kept, said once and counted, but opens nothing. */
export function renderUnmappedAlert(alert: UnmappedAlert): Rendered {
  const name = prose(alert.alertName, 100)
  const times = alert.count === 1 ? 'once' : `${thousands(alert.count)} times`
  return message(
    `Alert ${name} names no queue; no incident was opened`,
    section(
      `:grey_question: *${name}* from ${prose(alert.source, 60)} names no known queue, so no incident was opened. Seen ${times}.`,
      alert.lastSummary === '' ? null : prose(alert.lastSummary, 300),
      'Add the label that names its queue to `alerts.mapping`, or do not send it here.',
    ),
  )
}

export function renderOpsNotice(words: string): Rendered {
  const said = sentence(words, 2000)
  return message(said, section(`:information_source: ${said}`))
}

/** Everybody is told when all actions stop, and when they may go on. */
export function renderFreezeNotice(
  notice:
    | { readonly kind: 'frozen'; readonly freeze: Freeze }
    | { readonly kind: 'unfrozen'; readonly by: string },
  locale: Locale,
  now: Date,
): Rendered {
  if (notice.kind === 'unfrozen') {
    const words = `${mention(notice.by)} ended the freeze. Actions may be carried out again.`
    return message(words, section(`:arrow_forward: ${words}`))
  }
  const { freeze } = notice
  const end = `End it with ${code(`${locale.commands.queue} freeze off`)}.`
  return message(
    `Frozen by ${mention(freeze.by.userId)}: no action is carried out`,
    section(freezeLine(freeze, locale.timeZone, now), end),
  )
}
