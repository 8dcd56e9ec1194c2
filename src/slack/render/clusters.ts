import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import type { FailureCluster } from '../../domain/failure-cluster.ts'
import { shownFilter } from '../../domain/filter-shown.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { exactTime } from '../../domain/time.ts'
import type { ClusterGroup, ClustersView } from '../../domain/views-jobs.ts'
import type { Locale } from '../../domain/views.ts'
import {
  context,
  MAX_BUTTONS,
  message,
  previewActions,
  section,
  type Rendered,
} from './elements.ts'
import { code, fenced, prose, queueName, sentence } from './mrkdwn.ts'

const MAX_GROUPS = 5

/** Failed jobs by what failed, most first, each with its remedy and one redacted sample. */
export function renderClusters(view: ClustersView, locale: Locale): Rendered {
  const { groups, numbers } = view
  const title = titleOf(view)
  const shown = groups.slice(0, MAX_GROUPS)
  const buttonsEach = Math.floor(MAX_BUTTONS / Math.max(1, shown.length))
  const rest = numbers.clusters - shown.length
  return message(
    title,
    section(`*${title}*`),
    shown.flatMap((group) => [...groupBlocks(group, view), ...groupActions(group, buttonsEach)]),
    context(
      rest > 0 ? `and ${plural(rest, 'other failure')}` : null,
      basis(view),
      howToAct(view, locale),
      `as of ${prose(exactTime(view.at, locale.timeZone), 40)} · samples are redacted`,
    ),
  )
}

function titleOf({ ref, filter, numbers }: ClustersView): string {
  const { total, matched, looked, isExact } = numbers
  const name = queueName(ref)
  const which = filter === '' ? '' : ` that match ${code(shownFilter(filter), 200)}`
  if (total === 0) return `No failed jobs in ${name}`
  if (matched === 0 && !isExact)
    return `None among the newest ${plural(looked, 'failed job')} in ${name}${which}`
  if (matched === 0) return `No failed jobs in ${name}${which}`
  if (filter === '') return `${plural(total, 'failed job')} in ${name}`
  return `${isExact ? '' : 'At least '}${plural(matched, 'failed job')} in ${name}${which}`
}

/** How much of the whole the numbers rest on. */
function basis({ numbers, isFirstLook }: ClustersView): string | null {
  const { looked, total, isExact } = numbers
  if (isExact) return null
  const part = `from the newest ${thousands(looked)} of ${plural(total, 'failed job')}`
  return isFirstLook ? `${part}; the others are being counted` : part
}

function howToAct({ ref, groups }: ClustersView, { commands }: Locale): string | null {
  const [first] = groups
  if (first === undefined) return null
  const about = `${ref.system}/${ref.queue} error:#${first.cluster.key}`
  return `The jobs of one: ${code(`${commands.queue} failed ${about}`, 200)}; likewise \`quarantine\`, \`retry\`, \`replay\``
}

function groupBlocks(group: ClusterGroup, view: ClustersView): readonly KnownBlock[] {
  const { cluster, remedy } = group
  const { sample } = cluster
  return [
    section(
      clusterLine(cluster, view),
      whereLine(cluster),
      timesLine(cluster, view.at),
      remedy === null
        ? null
        : `:bulb: ${sentence(remedy.cause, 200)} ${sentence(remedy.advice, 300)}`,
      sample === null ? null : fenced([sample.error, sample.data], 400),
    ),
  ]
}

/** What the remedy advises comes first; what has no place as a button is in the group's own menu. */
function groupActions({ remedy, tokens }: ClusterGroup, most: number): readonly KnownBlock[] {
  const advised = remedy?.action ?? null
  // Of many jobs the way to retry them is a replay.
  const first = advised === 'retry' ? (['replay', 'retry'] as const) : [advised ?? []].flat()
  const order = new Set([...first, 'quarantine', 'replay', 'retry'] as const)
  return previewActions(tokens, [...order], most, { replay: 'Replay…' })
}

function clusterLine(cluster: FailureCluster, { numbers }: ClustersView): string {
  const share =
    cluster.count <= numbers.matched ? ` (${percent(cluster.count, numbers.matched)})` : ''
  return `*${thousands(cluster.count)}×*${share} ${code(cluster.shape)} · ${code(`#${cluster.key}`, 20)}`
}

const whereLine = ({ type, frame, sample }: FailureCluster): string =>
  [
    code(type, 80),
    frame === null ? null : code(frame, 120),
    sample === null ? null : `e.g. job ${code(sample.jobId, 60)}`,
  ]
    .filter((part) => part !== null)
    .join(' · ')

function timesLine({ attempts, firstFailedAt, lastFailedAt }: FailureCluster, now: Date): string {
  const { fewest, most } = attempts
  const tried = fewest === most ? plural(most, 'attempt') : `${fewest} to ${most} attempts`
  const ago = (date: Date): string => `${formatDuration(now.getTime() - date.getTime())} ago`
  if (firstFailedAt === null || lastFailedAt === null) return tried
  const isOnce = firstFailedAt.getTime() === lastFailedAt.getTime()
  const times = isOnce
    ? ago(lastFailedAt)
    : `first ${ago(firstFailedAt)}, last ${ago(lastFailedAt)}`
  return `${tried} · ${times}`
}
