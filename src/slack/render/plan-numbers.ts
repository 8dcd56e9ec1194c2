import type { Plan, PlannedJobs, PlannedQueue } from '../../domain/action.ts'
import { oldestMs } from '../../domain/alarm.ts'
import { formatDuration } from '../../domain/duration.ts'
import {
  backlog,
  type PauseHazard,
  type QueueOverview,
  type QueueTier,
} from '../../domain/queue.ts'
import { plural, thousands } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import { firstFew } from './elements.ts'
import { queueName, sentence } from './mrkdwn.ts'
import { jobsEffectLine } from './plan-jobs.ts'

const total = (queues: readonly PlannedQueue[], count: (of: QueueOverview) => number): number =>
  queues.reduce((sum, { before }) => sum + count(before), 0)

/** What will be different afterwards, with the numbers of the preview. */
export function effectLine({
  action,
  queues,
  jobs,
  throttle,
}: Pick<Plan, 'action' | 'queues' | 'jobs' | 'throttle'>): string {
  const ofJobs = jobsEffectLine({ action, jobs })
  if (ofJobs !== null) return ofJobs
  const waiting = total(queues, ({ counts }) => backlog(counts))
  if (action === 'throttle' && throttle !== null)
    return `Workers go on, with at most ${throttleWords(throttle.to)}; the rest stays in line.`
  if (action === 'unthrottle')
    return 'The limits of before come back; workers of what waits notice it within half a minute.'
  if (action === 'resume')
    return waiting === 0
      ? 'Nothing waits; workers take new jobs as they come.'
      : `Workers may take ${plural(waiting, 'waiting job')} at once.`
  const running = total(queues, ({ counts }) => counts.active)
  if (waiting + running === 0) return 'Workers take no more jobs; new ones stay in line.'
  const finishing = running === 0 ? '' : `${plural(running, 'running job')} will finish; `
  const staying = waiting === 0 ? 'new ones' : `${plural(waiting, 'waiting job')} and new ones`
  return `Workers take no more jobs. ${finishing}${staying} stay in line.`
}

/** `tier critical · oldest job 42 min`, `2 of tier critical, 10 low · oldest job 42 min`: how cautious to be, and how urgent it is. */
export function stakeLine({ queues, createdAt }: Pick<Plan, 'queues' | 'createdAt'>): string {
  const ages = queues.flatMap(({ before }) => oldestMs(before, createdAt) ?? [])
  const oldest = ages.length === 0 ? [] : [`oldest job ${formatDuration(Math.max(...ages))}`]
  return [tierWords(queues), ...oldest].join(' · ')
}

const TIERS: readonly QueueTier[] = ['critical', 'high', 'medium', 'low']

function tierWords(queues: readonly Pick<PlannedQueue, 'tier'>[]): string {
  const [first] = queues
  if (queues.length === 1 && first !== undefined) return `tier ${first.tier}`
  return TIERS.map((tier) => [queues.filter((queue) => queue.tier === tier).length, tier] as const)
    .filter(([count]) => count > 0)
    .map(([count, tier], index) => `${thousands(count)} ${index === 0 ? 'of tier ' : ''}${tier}`)
    .join(', ')
}

export const shortCounts = ({ counts, isPaused }: QueueOverview): string =>
  `${isPaused ? 'paused, ' : ''}${thousands(backlog(counts))} waiting, ${thousands(counts.active)} active`

/** As `shortCounts`, with the failed, delayed and completed ones where a plan is about them. */
export function jobCounts(
  overview: QueueOverview,
  { byState }: Pick<PlannedJobs, 'byState'>,
): string {
  const others = (['failed', 'delayed', 'completed'] as const).flatMap((state) =>
    (byState[state] ?? 0) === 0 ? [] : [`${thousands(overview.counts[state])} ${state}`],
  )
  return [shortCounts(overview), ...others].join(', ')
}

/** The first few of several queues, each with what tells it from the next. */
export const queueLines = (queues: readonly PlannedQueue[], max: number): readonly string[] =>
  firstFew(queues, max, ({ ref, before }) => `${queueName(ref)} ${shortCounts(before)}`)

/** What could go wrong, each thing said once, however many queues it is about. */
export function warningLines(
  queues: readonly PlannedQueue[],
  hazards: readonly PauseHazard[],
  max: number,
): readonly string[] {
  const times = new Map<string, number>()
  for (const words of queues.flatMap(({ warnings }) => warnings))
    times.set(words, (times.get(words) ?? 0) + 1)
  for (const { explanation } of hazards) if (!times.has(explanation)) times.set(explanation, 1)
  return firstFew([...times], max, ([words, count]) => {
    const where = queues.length > 1 ? ` (${plural(count, 'queue')})` : ''
    return `:warning: ${sentence(words, 300)}${where}`
  })
}
