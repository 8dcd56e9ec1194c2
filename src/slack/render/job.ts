import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import { filterWords } from '../../domain/filter-words.ts'
import type { JobDetail, JobWhereabouts } from '../../domain/job-details.ts'
import { NO_FILTER } from '../../domain/job-filter.ts'
import type { VaultStay } from '../../domain/ports/vault-reads.ts'
import { redactText } from '../../domain/redaction.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime, exactTime } from '../../domain/time.ts'
import type { JobView } from '../../domain/views-jobs.ts'
import type { Locale } from '../../domain/views.ts'
import { context, firstFew, message, section, type Rendered } from './elements.ts'
import { code, fenced, mention, prose, queueName } from './mrkdwn.ts'
import { bytes } from './numbers.ts'
import { vaultName } from './vault.ts'

const MAX_STAYS = 3

/** Everything about one job: where it is, what it carries, why it failed, what it belongs to. */
export function renderJob(view: JobView, locale: Locale): Rendered {
  const { detail, ref, id, at } = view
  const name = `job ${code(id, 120)} of ${queueName(ref)}`
  const title = titleOf(view, name)
  return message(
    title,
    section(`*${title}*`, ...(detail === null ? [] : placeLines(detail, at, locale))),
    detail === null ? [] : contentBlocks(detail),
    stayBlocks(view, locale),
    context(
      detail === null ? goneWords(view) : 'payload, error and logs are redacted',
      `as of ${exactTime(at, locale.timeZone)}`,
    ),
  )
}

function titleOf({ detail, stays }: JobView, name: string): string {
  if (detail !== null) return `${WHERE[detail.where]}: ${name}`
  const isHeld = stays.some(({ state }) => state === 'held')
  return isHeld ? `In the vault: ${name}` : `There is no ${name} now`
}

const WHERE: Readonly<Record<JobWhereabouts, string>> = {
  waiting: 'Waiting',
  prioritized: 'Prioritized',
  delayed: 'Delayed',
  active: 'Active',
  failed: 'Failed',
  completed: 'Completed',
  waiting_children: 'Waiting for children',
  nowhere: 'In no list',
  unseen: 'In line, or in no list',
}

const goneWords = ({ stays }: JobView): string =>
  stays.length > 0
    ? 'It left the queue for the vault.'
    : 'It may have been removed when it ended, or it never had this id.'

function placeLines(detail: JobDetail, now: Date, { timeZone }: Locale): readonly string[] {
  const { type, addedAt, startedAt, endedAt, dueAt, ahead } = detail
  const time = (words: string, date: Date | null): string | null =>
    date === null ? null : `${words} ${clockTime(date, timeZone, now)}`
  const times = [
    addedAt === null ? null : `added ${formatDuration(now.getTime() - addedAt.getTime())} ago`,
    time('due', dueAt),
    time('started', startedAt),
    time('ended', endedAt),
  ]
  const facts = [
    code(type, 100),
    triesWords(detail),
    detail.stalls === 0 ? null : `stalled ${plural(detail.stalls, 'time')}`,
    detail.priority === 0 ? null : `priority ${thousands(detail.priority)}`,
    ahead === null ? null : `${plural(ahead, 'job')} before it in line`,
  ]
  const line = (parts: readonly (string | null)[]): string =>
    parts.filter((part) => part !== null).join(' · ')
  return [line(facts), line(times), ...oddities(detail)]
}

const triesWords = ({ attempts, maxAttempts }: JobDetail): string =>
  maxAttempts === null
    ? plural(attempts, 'attempt')
    : `${thousands(attempts)} of ${plural(maxAttempts, 'attempt')}`

function oddities(detail: JobDetail): readonly string[] {
  const { where, isLocked } = detail
  return [
    ...(where === 'nowhere'
      ? [':warning: It is in no list: no worker will ever take it, and nothing shows it.']
      : []),
    ...(where === 'unseen'
      ? [
          'Its line is too long to be looked through; it was found neither near its start nor its end.',
        ]
      : []),
    ...(where === 'active' && !isLocked
      ? [':warning: No worker holds it: it is stuck until a worker of this queue finds it stalled.']
      : []),
  ]
}

function contentBlocks(detail: JobDetail): readonly KnownBlock[] {
  const { failure, data, dataBytes, progress, logs } = detail
  return [
    ...(failure === null
      ? []
      : [
          section(
            `*Error* ${code(`#${failure.cluster}`, 20)}`,
            fenced([failure.error, ...failure.frames], 700),
          ),
        ]),
    section(`*Payload* (${bytes(dataBytes)})`, fenced([data], 900)),
    ...(logs.total === 0
      ? []
      : [section(`*Logs* (the last of ${thousands(logs.total)})`, fenced(logs.last, 600))]),
    ...familyBlocks(detail),
    ...(progress === null ? [] : [section(`*Progress* ${code(progress, 200)}`)]),
  ]
}

/** What applications make out of what they have at hand: addresses, numbers, tokens. */
const made = (text: string): string => code(redactText(text, { maxLength: 100 }), 100)

function familyBlocks({ parent, children, ...detail }: JobDetail): readonly KnownBlock[] {
  const { waiting, done, failed } = children
  const lines = [
    parent === null ? null : `Child of job ${made(parent.id)} of ${code(parent.queue, 120)}`,
    waiting + done + failed === 0
      ? null
      : `Parent: ${thousands(waiting)} children to come, ${thousands(done)} done, ${thousands(failed)} failed`,
    detail.deduplicationId === null ? null : `Deduplication key ${made(detail.deduplicationId)}`,
    detail.scheduler === null ? null : `Of the job scheduler ${made(detail.scheduler)}`,
  ]
  return lines.every((line) => line === null) ? [] : [section(...lines)]
}

function stayBlocks(view: JobView, locale: Locale): readonly KnownBlock[] {
  const { stays } = view
  if (stays.length === 0) return []
  return [section('*Vault*', ...firstFew(stays, MAX_STAYS, (stay) => stayLine(stay, view, locale)))]
}

const onlyThis = (id: string): string => filterWords({ ...NO_FILTER, ids: [id] })

/** What had completed would run again if it were put in line. */
const asItWas = ({ from }: VaultStay): string => (from === 'completed' ? ' as-it-was' : '')

function stayLine(
  stay: VaultStay,
  { id, at: now }: JobView,
  { timeZone, commands }: Locale,
): string {
  const since = `${vaultName(stay.set)} since ${clockTime(stay.madeAt, timeZone, now)} by ${mention(stay.owner.userId)}`
  switch (stay.state) {
    case 'held':
      return `Held in ${since}. Put it back with ${code(`${commands.queue} release v${stay.set} ${onlyThis(id)}${asItWas(stay)}`, 200)}`
    case 'copied':
      return `Being taken into ${since}`
    case 'releasing':
      return `Being put back from ${since}`
    case 'released':
      return `Was in ${since}; put back${stay.newId === null ? '' : ` as job ${code(stay.newId, 80)}`}`
    case 'discarded':
    case 'expired':
    case 'forgotten':
      return `Was in ${since}; ${prose(stay.state, 20)}, its payload is not kept`
  }
}
