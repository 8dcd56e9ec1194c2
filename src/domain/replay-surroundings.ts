import { formatDuration } from './duration.ts'
import { MANY_LOOKS, shareAtLeast } from './proportion.ts'
import { quote } from './quote.ts'
import { judgedOf, type Observed } from './replay-observed.ts'
import type { Gate, LiveTraffic } from './replay.ts'
import { listing, plural, thousands } from './text.ts'

/** By so much the share of failures has to be above what it was: two failures, of however few, never are. */
const WORSE_BY = 0.05
/** Where so many would have completed at the pace of before, none at all is no accident: it happens once in twenty times. */
const CLEARLY_EXPECTED = 3

type State = Gate['state']

/** Whether the other jobs of the queue do worse than before the replay. */
export function liveGate(seen: Observed): Gate {
  const { live, baseline, queue } = seen
  const gate = (state: State, words: string): Gate => ({ name: 'live', state, words })
  if (isWorse(live, baseline)) return gate('bad', liveWords(seen))
  if (endedOf(live) === 0 && endedOf(baseline) === 0) return gate('good', 'no other jobs')
  if (live.completed > 0 || expectedOf(seen) < CLEARLY_EXPECTED)
    return gate('good', liveWords(seen))
  const minutes = formatDuration(live.overMs)
  if (queue === null || queue.waiting > 0)
    return gate('unknown', `no other job completed for ${minutes}, though they did before`)
  return gate('good', `no other job came for ${minutes}`)
}

const endedOf = ({ completed, failed }: LiveTraffic): number => completed + failed

function isWorse(live: LiveTraffic, baseline: LiveTraffic): boolean {
  // Laplace's rule: of few jobs before, or none, nobody can say that they never failed.
  const before = (baseline.failed + 1) / (endedOf(baseline) + 2)
  return shareAtLeast(live.failed, endedOf(live), MANY_LOOKS) > before + WORSE_BY
}

const expectedOf = ({ live, baseline }: Observed): number =>
  baseline.overMs === 0 ? 0 : (baseline.completed / baseline.overMs) * live.overMs

const liveWords = ({ live, baseline }: Observed): string =>
  `${failedWords(live)} (before: ${failedWords(baseline)})`

const failedWords = (traffic: LiveTraffic): string =>
  endedOf(traffic) === 0
    ? 'no other job ended'
    : `${thousands(traffic.failed)} of ${plural(endedOf(traffic), 'other job')} failed`

/** Whether other jobs wait for longer than they may, and for much longer than before. */
export function waitingGate(seen: Observed): Gate {
  const { queue, baseline, maxWaitMs } = seen
  const gate = (state: State, words: string): Gate => ({ name: 'waiting', state, words })
  if (queue === null) return gate('unknown', 'nobody can tell how long jobs wait')
  const { oldestMs, waiting } = queue
  if (waiting === 0) return gate('good', 'nothing waits')
  const inLine = `${plural(waiting, 'job')} in line`
  if (oldestMs === null) return gate('unknown', `${inLine}, nobody can tell for how long`)
  if (isOurs(seen, oldestMs))
    return othersGetThrough(seen)
      ? gate('good', 'no other job waits for too long')
      : gate('unknown', `${inLine} behind those of this replay, nobody can tell for how long`)
  const isBad = oldestMs > maxWaitMs && oldestMs > 2 * (baseline.oldestMs ?? 0)
  const words = `the oldest job waits for ${formatDuration(oldestMs)}`
  return isBad ? gate('bad', `${words}, ${formatDuration(maxWaitMs)} at most`) : gate('good', words)
}

/** Clocks of two machines differ by no more. */
const SLACK_MS = 5000

/** No other job can have been in line for longer than this: it was there at the beginning, or came since. */
const longestMs = ({ now, beganAt, baseline }: Observed): number =>
  (baseline.oldestMs ?? 0) + now.getTime() - beganAt.getTime() + SLACK_MS

/** A job that goes into line a second time is as old as it was: its age says nothing of those that wait. */
const isOurs = (seen: Observed, oldestMs: number): boolean => oldestMs > longestMs(seen)

/** Whether the others do not wait for too long even though none of them is next: there are none, or they get through. */
const othersGetThrough = (seen: Observed): boolean =>
  (seen.queue?.waiting ?? 0) <= seen.wave.counts.open ||
  longestMs(seen) <= seen.maxWaitMs ||
  seen.live.completed > 0

/** Whether anybody works: where the system cannot tell, by jobs that end. */
export function workersGate(seen: Observed): Gate {
  const { queue, wave, live } = seen
  const gate = (state: State, words: string): Gate => ({ name: 'workers', state, words })
  if (queue === null) return gate('unknown', 'nobody can tell whether workers are connected')
  if (queue.workers === 0) return gate('unknown', 'no worker is connected')
  if (queue.workers !== null) return gate('good', plural(queue.workers, 'worker'))
  if (judgedOf(wave.counts) + endedOf(live) > 0) return gate('good', 'jobs end')
  return isYoung(seen)
    ? gate('pending', 'how many are connected is not known, and no job has ended yet')
    : gate('unknown', 'how many are connected is not known, and no job ended')
}

/** While a wave is young, that nothing ended says nothing yet. */
const isYoung = ({ now, wave, ramp }: Observed): boolean =>
  wave.beganAt === null || now.getTime() < wave.beganAt.getTime() + ramp.patienceMs

/** Whether the queue hands out jobs at all. */
export function runningGate({ queue }: Observed): Gate {
  if (queue === null)
    return { name: 'running', state: 'unknown', words: 'nobody can tell whether the queue runs' }
  return queue.isPaused
    ? { name: 'running', state: 'unknown', words: 'the queue is paused: nothing runs' }
    : { name: 'running', state: 'good', words: 'the queue runs' }
}

/** Whether the system that holds the queue is well. */
export function redisGate({ redis }: Observed): Gate {
  if (redis === null) return { name: 'redis', state: 'unknown', words: 'did not answer' }
  return { name: 'redis', state: redis.isWell ? 'good' : 'bad', words: redis.words }
}

const PROBED = { well: 'good', unwell: 'bad', unknown: 'unknown' } as const

/** What the configuration has us ask. */
export const probeGates = ({ probes }: Observed): readonly Gate[] =>
  probes.map(({ name, state, words }) => ({ name: `probe:${name}`, state: PROBED[state], words }))

/** Whether anything began to alarm since the replay began. */
export const alertsGate = ({ alerts }: Observed): Gate =>
  alerts.length === 0
    ? { name: 'alerts', state: 'good', words: 'none began' }
    : { name: 'alerts', state: 'bad', words: `${listing(alerts.map(quote))} began to fire` }
