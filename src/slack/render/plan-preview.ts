import type { KnownBlock } from '@slack/types'

import type { Plan, PlanPreview } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { DrainEstimate } from '../../domain/forecast.ts'
import type { JobSample } from '../../domain/queue.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { isThrottled } from '../../domain/throttle.ts'
import { section } from './elements.ts'
import { sampleNote } from './failures.ts'
import { code, fenced, prose } from './mrkdwn.ts'
import { jobsLines, putsInLine } from './plan-jobs.ts'

const MAX_TYPES = 3
/** On a phone each job is as long as all that is to be decided. */
const MAX_JOBS = 1
const MINUTE_MS = 60_000

function typesLine({ types }: PlanPreview, title: string): string | null {
  if (types.items.length === 0) return null
  const shares = types.items
    .slice(0, MAX_TYPES)
    .map(
      ({ type, count }) =>
        `${code(type, 80)} ${thousands(count)} (${percent(count, types.looked)})`,
    )
  const rest = types.items.length - shares.length
  const more = rest > 0 ? ` and ${plural(rest, 'other type')}` : ''
  const note = sampleNote(types, 'waiting job')
  return `*${title}*${note === null ? '' : ` (${note})`}: ${shares.join(' · ')}${more}`
}

/** A filter by a failure's key tells nobody what failed. */
function errorLine({ sample }: PlanPreview): string | null {
  const error = sample.find((job) => job.error !== undefined)?.error
  return error === undefined ? null : `*Failed with*, for example: ${code(error, 200)}`
}

function drainLine(drain: DrainEstimate): string | null {
  if ('unknown' in drain)
    return `How long they take cannot be estimated: ${prose(drain.unknown, 200)}.`
  if (drain.ms <= 0) return null
  const time = drain.ms < MINUTE_MS ? 'less than a minute' : `about ${formatDuration(drain.ms)}`
  return `They would be worked off in ${time}.`
}

/** How much slower it gets, of one queue. */
function shareLine({ throttle, queues }: Pick<Plan, 'throttle' | 'queues'>): string | null {
  const [share, ...others] = Object.values(throttle?.shares ?? {})
  if (share === undefined || others.length > 0) return null
  if (share === null) return 'How much slower that is cannot be said: its pace now is not known.'
  if (share >= 1) return 'It is no faster than that now.'
  const isSlow = queues.some(({ before }) => isThrottled(before.throttle))
  return `That leaves ${percent(share, 1)} of its pace ${isSlow ? 'before it was throttled' : 'now'}.`
}

/** What waits, by type, and for a start how long it takes: what an approver needs, without a job's content. */
export function previewLines(plan: Plan): readonly (string | null)[] {
  const { preview, jobs } = plan
  // What the first wave stands for says types and errors at once.
  if (preview === null || plan.jobs?.replay !== undefined) return jobsLines(plan)
  const title = jobs === null ? 'What waits' : 'Types'
  return [
    ...jobsLines(plan),
    typesLine(preview, title),
    jobs === null ? null : errorLine(preview),
    shareLine(plan),
    isAwaited(plan) ? drainLine(preview.drain) : null,
  ]
}

/** Jobs run by it, or run slower, so that it matters how long they take. */
const isAwaited = (plan: Plan): boolean =>
  plan.jobs === null
    ? plan.action === 'resume' || plan.action === 'throttle'
    : putsInLine(plan) && plan.action !== 'replay' && plan.action !== 'unstick'

const jobBlock = ({ id, type, attempts, data }: JobSample): KnownBlock =>
  section(
    `e.g. job ${code(id, 60)} · ${code(type, 80)}${attempts === 0 ? '' : ` · ${plural(attempts, 'attempt')}`}`,
    fenced([data], 300),
  )

/** A job that is next in line. Its data was redacted where it was read. */
export const sampleBlocks = ({ preview }: Plan): readonly KnownBlock[] =>
  (preview?.sample ?? []).slice(0, MAX_JOBS).map(jobBlock)
