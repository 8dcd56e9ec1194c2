import { alarmsOf, NO_THRESHOLDS, oldestMs, type Alarm } from '../../domain/alarm.ts'
import { formatDuration } from '../../domain/duration.ts'
import { backlog, type QueueOverview, type SystemHealth } from '../../domain/queue.ts'
import type { Thresholds } from '../../domain/settings.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { code, prose, sentence } from './mrkdwn.ts'

/** One number in words; an alarming one says what it is measured against. */
interface Reading {
  readonly words: string
  readonly isAlarming: boolean
}

/** A queue with what it is measured against, and what of it is alarming. */
interface Measured {
  readonly overview: QueueOverview
  readonly limits: Thresholds
  readonly alarms: ReadonlySet<Alarm>
  readonly at: Date
}

const measured = (overview: QueueOverview, rule: Thresholds | null, at: Date): Measured => ({
  overview,
  limits: rule ?? NO_THRESHOLDS,
  alarms: alarmsOf(overview, rule, at),
  at,
})

type Counted = 'waiting' | 'failed' | 'active' | 'delayed'

function counted({ overview, limits, alarms }: Measured, what: Counted): Reading {
  const value = what === 'waiting' ? backlog(overview.counts) : overview.counts[what]
  if (!alarms.has(what)) return { words: `${thousands(value)} ${what}`, isAlarming: false }
  const limit = thousands(limits[what] ?? 0)
  return { words: `*${thousands(value)} ${what}* (limit ${limit})`, isAlarming: true }
}

function oldest({ overview, limits, alarms, at }: Measured): Reading | null {
  if (backlog(overview.counts) === 0) return null
  const ms = oldestMs(overview, at)
  if (ms === null) return { words: 'oldest job unknown', isAlarming: false }
  const words = `oldest job ${formatDuration(ms)}`
  if (!alarms.has('oldest')) return { words, isAlarming: false }
  return { words: `*${words}* (limit ${formatDuration(limits.oldestMs ?? 0)})`, isAlarming: true }
}

function workers({ overview, alarms }: Measured): Reading {
  if (overview.workers === null) return { words: 'workers unknown', isAlarming: false }
  if (alarms.has('no_workers')) return { words: '*no workers*', isAlarming: true }
  const words = overview.workers === 0 ? 'no workers' : plural(overview.workers, 'worker')
  return { words, isAlarming: false }
}

const isReading = (reading: Reading | null): reading is Reading => reading !== null

const readings = (queue: Measured): readonly Reading[] =>
  [
    counted(queue, 'waiting'),
    counted(queue, 'failed'),
    oldest(queue),
    counted(queue, 'active'),
    counted(queue, 'delayed'),
    workers(queue),
  ].filter(isReading)

/** What is said in place of numbers that nobody measured. */
function unknownQueueLine({ ref }: QueueOverview, nearest: string | null): string {
  const hint = nearest === null ? '' : ` Did you mean ${code(nearest)}?`
  return `:grey_question: *No such queue is known* in ${prose(ref.system, 80)}: there is nothing of it to count, to pause or to resume.${hint}`
}

/** Lines for the numbers of a queue: an alarming one has its own line and comes first. */
export function numberLines(
  overview: QueueOverview,
  rule: Thresholds | null,
  at: Date,
  nearest: string | null = null,
): readonly string[] {
  if (!overview.isKnown) return [unknownQueueLine(overview, nearest)]
  const all = readings(measured(overview, rule, at))
  const alarming = all.filter((reading) => reading.isAlarming)
  const calm = all.filter((reading) => !reading.isAlarming).map((reading) => reading.words)
  return [
    ...alarming.map((reading) => `:small_red_triangle: ${reading.words}`),
    ...(calm.length === 0 ? [] : [calm.join(' · ')]),
    ...strandedLines(overview),
  ]
}

const strandedLines = (overview: QueueOverview): readonly string[] =>
  overview.stranded === 0
    ? []
    : [
        `:small_red_triangle: *${plural(overview.stranded, 'job')} stranded*: no worker takes them. Resume puts them back in line.`,
      ]

/** The few numbers that tell one queue from the next in a list. */
export function shortNumbers(overview: QueueOverview, rule: Thresholds | null, at: Date): string {
  if (!overview.isKnown) return 'no such queue is known'
  const queue = measured(overview, rule, at)
  const age = oldest(queue)
  const crew = workers(queue)
  return [
    counted(queue, 'waiting').words,
    counted(queue, 'failed').words,
    ...(age === null ? [] : [age.words]),
    ...(crew.isAlarming ? [crew.words] : []),
    ...(overview.stranded === 0 ? [] : [`*${thousands(overview.stranded)} stranded*`]),
  ].join(' · ')
}

/** `1,310 waiting, 12 failed` for notifications, without markup. */
export const bareNumbers = (overview: QueueOverview): string =>
  overview.isKnown
    ? `${thousands(backlog(overview.counts))} waiting, ${thousands(overview.counts.failed)} failed`
    : 'no such queue'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const KIB = 1024
/** `1.5 GB`, `12 MB`, `3 kB`, `400 bytes`. */
export function bytes(value: number): string {
  if (value >= GIB) return `${(value / GIB).toFixed(1)} GB`
  if (value >= MIB) return `${Math.round(value / MIB)} MB`
  return value >= KIB ? `${Math.round(value / KIB)} kB` : plural(value, 'byte')
}

function memory(health: SystemHealth): string | null {
  const { usedMemoryBytes: used, maxMemoryBytes: max } = health
  if (used === null) return null
  if (max === null || max === 0) return `memory ${bytes(used)}, no limit`
  const mark = used / max >= 0.9 ? ':warning: ' : ''
  return `${mark}memory ${bytes(used)} of ${bytes(max)} (${percent(used, max)})`
}

/** What the numbers stand on: does the system answer, how full is it, may it throw jobs away. */
export function healthLine(health: SystemHealth): string {
  const name = prose(health.system, 80)
  if (!health.isReachable)
    return `:warning: *${name}* does not answer: ${sentence(health.problem ?? 'no reason known', 300)}`
  const policy = health.maxMemoryPolicy
  const isEvicting = policy !== null && policy !== 'noeviction'
  const facts = [
    health.version === null ? null : `version ${prose(health.version, 40)}`,
    health.pingMs === null ? null : `ping ${Math.round(health.pingMs)} ms`,
    memory(health),
    isEvicting ? `:warning: policy ${prose(policy, 40)} can delete jobs` : null,
    health.problem === null ? null : `:warning: ${sentence(health.problem, 300)}`,
  ]
  return `${name}: ${facts.filter((fact) => fact !== null).join(' · ') || 'answers'}`
}
