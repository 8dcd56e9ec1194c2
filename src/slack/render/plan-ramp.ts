import type { Plan, PlannedJobs } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { backlog } from '../../domain/queue.ts'
import type { PlannedReplay, Ramp, Stratum } from '../../domain/replay.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { code, queueName } from './mrkdwn.ts'

const MAX_STRATA = 3

/** What a replay does, how often each job is tried, and what becomes of what fails again. */
export function replayEffect(jobs: PlannedJobs): string {
  const each = jobs.count === 1 ? 'It is tried' : 'Each is tried'
  const tried =
    jobs.options.resetsAttempts === true ? 'as if new, with all its attempts' : 'once more'
  return `${goesWords(jobs)} ${each} ${tried}; what fails again goes to the vault with its new error.`
}

function goesWords({ replay, count, options }: PlannedJobs): string {
  const where = options.target === undefined ? '' : ` in ${queueName(options.target)}`
  if (count === 1) return `It runs again${where}; what becomes of it is watched and shown.`
  return replay === undefined || replay.waves.length > 1
    ? `They run again${where} in waves, each watched and judged before the next one.`
    : `They run again${where}, spread over their errors and types; what becomes of each is watched and shown.`
}

/** The waves, what limits them, who lets them go on, by what, and whom the first one stands for. */
export function replayLines(
  { replay, options }: PlannedJobs,
  queues: Plan['queues'],
): readonly string[] {
  if (replay === undefined) return []
  const { ramp, waves } = replay
  return [
    `*${waves.length === 1 ? 'One wave' : 'Waves'}* ${waves.map(thousands).join(' → ')} · ${limitWords(ramp)}`,
    goesOnWords(replay),
    ...firstLine(replay),
    ...(options.target === undefined ? aheadLine(replay, queues) : []),
  ]
}

function limitWords({ inFlight, perMinute }: Ramp): string {
  const limits = [
    ...(inFlight === null ? [] : [`at most ${thousands(inFlight)} at once`]),
    ...(perMinute === null ? [] : [`${rateOf(perMinute)} per min`]),
  ]
  return limits.length === 0 ? 'no limit' : limits.join(', ')
}

/** `1,200`, `0.25`: some rates are of less than one job a minute. */
const rateOf = (perMinute: number): string =>
  Number.isInteger(perMinute) ? thousands(perMinute) : `${Number(perMinute.toFixed(2))}`

/** In one line, what is looked at and what follows from it. */
function goesOnWords({ ramp, waves }: PlannedReplay): string {
  const { success, watchMs, patienceMs, promotes } = ramp
  const gates = `${percent(success, 1)} complete, no new error, other jobs no worse, ${formatDuration(watchMs)} watched`
  const patience = `not ended after ${formatDuration(patienceMs)} counts as not seen`
  if (waves.length === 1) return `*Good* if ${gates}; ${patience}`
  return promotes === 'itself'
    ? `*Goes on by itself* if ${gates}; else it halts, or holds while nobody knows; ${patience}`
    : `*Each wave waits for a click*, once ${gates}; else it halts, or holds while nobody knows; ${patience}`
}

/** `First 10: 9 × ETIMEDOUT email.send · 1 × …`: which causes are tried first. */
function firstLine({ canary, strata, looked, waves }: PlannedReplay): readonly string[] {
  const counts = new Map<number, number>()
  for (const index of Object.values(canary)) counts.set(index, (counts.get(index) ?? 0) + 1)
  const causes = strata.flatMap((stratum, index) => {
    const count = counts.get(index) ?? 0
    return count === 0 ? [] : [`${thousands(count)} × ${causeWords(stratum)}`]
  })
  if (causes.length === 0) return []
  const more = causes.length - MAX_STRATA
  const missed = strata.length - causes.length
  const total = waves.reduce((sum, size) => sum + size, 0)
  return [
    [
      `*First ${thousands(waves[0] ?? 0)}*: ${causes.slice(0, MAX_STRATA).join(' · ')}`,
      ...(more > 0 ? [`and ${plural(more, 'other cause')}`] : []),
      ...(missed > 0 ? [`none of ${plural(missed, 'rarer cause')}`] : []),
      ...(looked < total ? [`by ${thousands(looked)} that were looked at`] : []),
    ].join(' · '),
  ]
}

const causeWords = ({ shape, type }: Stratum): string =>
  shape === null ? code(type, 80) : `${code(shape, 80)} ${code(type, 80)}`

/** A canary behind all that waits would tell nothing for hours. */
function aheadLine({ waves, ramp }: PlannedReplay, queues: Plan['queues']): readonly string[] {
  const waiting = queues.reduce((sum, { before }) => sum + backlog(before.counts), 0)
  if (waiting === 0) return []
  const ahead = `${plural(waiting, 'job')} ${waiting === 1 ? 'waits' : 'wait'} there: what is replayed goes ahead`
  const isLastBehind = waves.length > 1 && ramp.inFlight === null
  return [isLastBehind ? `${ahead}, but for the last wave.` : `${ahead}.`]
}
