import { ACTION_WORDS } from '../../domain/action-words.ts'
import type {
  ActionKind,
  JobOptions,
  PlannedJobs,
  PlannedQueue,
  PlanPreview,
} from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { shownFilter } from '../../domain/filter-shown.ts'
import { drainEstimate } from '../../domain/forecast.ts'
import {
  isJobAction,
  type JobAction,
  possibleStates,
  sourceOf,
  usualStates,
} from '../../domain/job-actions.ts'
import { byQueue } from '../../domain/plan.ts'
import { backlog, queueKey } from '../../domain/queue.ts'
import { weakerWords } from '../../domain/replay-ramp.ts'
import { listing, plural } from '../../domain/text.ts'
import type { PlannedThrottle } from '../../domain/throttle.ts'
import type { Deps } from '../deps.ts'
import { live } from '../queues/queue-reads.ts'
import { replayWarnings } from './jobs/replay-warnings.ts'
import { filterFor, type NewSlice, type ResolvedJobs, resolveJobs } from './jobs/resolve-jobs.ts'
import { resolveReplay } from './jobs/resolve-replay.ts'
import { targetWarnings } from './jobs/target-warnings.ts'
import { lookAt, type Seen, toPlanned } from './look.ts'
import type { PlanRequest } from './plan-action.ts'
import { prepareThrottle } from './prepare-throttle.ts'
import { refusalOf } from './refusals.ts'

/** What a plan would be about, looked up just now. */
export interface Prepared {
  readonly seen: readonly Seen[]
  readonly queues: readonly PlannedQueue[]
  readonly jobs: PlannedJobs | null
  readonly slices: readonly NewSlice[]
  readonly throttle: PlannedThrottle | null
  readonly preview: PlanPreview | null
}

/**
 * The queues that an action would change, and where it is about jobs, every one of them. Throws
 * `already_done` where nothing would be changed, `bad_input`, `unknown_queue`, and what systems throw.
 */
export async function preparePlan(deps: Deps, request: PlanRequest): Promise<Prepared> {
  const seen = await worthActing(deps, request)
  const { action, throttle: wish = null } = request
  const resolved = isJobAction(action) ? await resolve(deps, request, action, seen) : null
  if (resolved?.jobs.count === 0) throw nothingMatches(request, seen)
  const queues = seen.map((one) => toPlanned(one, request))
  if (resolved === null) {
    const preview = await previewOf(deps, seen, null)
    const whole = { seen, jobs: null, slices: [] }
    if (wish === null) return { ...whole, queues, throttle: null, preview }
    const { leaves, ...slowed } = await prepareThrottle(deps, wish, queues)
    return { ...whole, ...slowed, preview: slower(preview, leaves) }
  }
  const told = [
    ...weakness(deps, resolved.jobs),
    ...(await targetWarnings(deps, resolved.jobs.options)),
    ...seen.flatMap(({ state }) => replayWarnings(resolved.jobs, state.overview)),
  ]
  return {
    seen,
    queues: withJobs(queues, resolved).map((queue) => ({
      ...queue,
      warnings: [...told, ...queue.warnings],
    })),
    jobs: resolved.jobs,
    slices: resolved.slices,
    throttle: null,
    preview: await previewOf(deps, seen, resolved),
  }
}

/** First of all that is to be considered: it was chosen by whoever asks. */
function weakness(
  { settings }: Pick<Deps, 'settings'>,
  { replay }: PlannedJobs,
): readonly string[] {
  const words = replay === undefined ? null : weakerWords(replay, settings.replay)
  return words === null ? [] : [words]
}

/** Every job that is meant, one by one. */
function resolve(
  deps: Deps,
  { jobs, onProgress }: PlanRequest,
  action: JobAction,
  seen: readonly Seen[],
): Promise<ResolvedJobs> {
  const refs = seen.map(({ ref }) => ref)
  const about = { refs, wish: jobs ?? { filter: '', options: {} }, onProgress }
  return action === 'replay' ? resolveReplay(deps, about) : resolveJobs(deps, { ...about, action })
}

/** Queues of which no job is meant are left out. */
const withJobs = (
  queues: readonly PlannedQueue[],
  { counts, warnings }: ResolvedJobs,
): readonly PlannedQueue[] =>
  queues.flatMap((queue) => {
    const key = queueKey(queue.ref)
    const jobs = counts.get(key) ?? 0
    if (jobs === 0) return []
    return [{ ...queue, jobs, warnings: [...queue.warnings, ...(warnings.get(key) ?? [])] }]
  })

/** A single one that needs nothing is refused with the reason. */
async function worthActing(deps: Deps, request: PlanRequest): Promise<readonly Seen[]> {
  const { action, refs, scope } = request
  const seen = await lookAt(deps, refs)
  const judged = await Promise.all(
    seen.map(async (one) => ({ one, refusal: await refusalOf(deps, request, one) })),
  )
  const left = judged.flatMap(({ one, refusal }) => (refusal === null ? [one] : []))
  if (left.length > 0) return left.toSorted(byQueue)
  const refusal = judged.length === 1 ? (judged[0]?.refusal ?? null) : null
  if (refusal !== null) throw refusal
  throw new OperatorError(
    'already_done',
    `Of ${plural(judged.length, 'queue')} that match \`${scope}\` there is none to ${ACTION_WORDS[action].verb}.`,
    'Nothing was changed. `held` shows what is paused now.',
  )
}

function nothingMatches(
  { action, jobs, scope }: PlanRequest,
  seen: readonly Seen[],
): OperatorError {
  const filter = jobs?.filter ?? ''
  const where = seen.length === 1 ? `\`${scope}\`` : `any of ${plural(seen.length, 'queue')}`
  const which = filter === '' ? 'to' : `that match \`${shownFilter(filter)}\` to`
  return new OperatorError(
    'already_done',
    `There are no ${kindsOf(action, filter, jobs?.options)} in ${where} ${which} ${ACTION_WORDS[action].verb}.`,
    `Nothing was changed. ${whereToLook(action, scope, jobs?.options)}.`,
  )
}

function whereToLook(action: ActionKind, scope: string, options: JobOptions = {}): string {
  if (!isJobAction(action)) return '`jobs` and `failed` show what is there'
  const hasOthers = possibleStates(action, options).length > usualStates(action, options).length
  if (sourceOf(action, options) === 'queue')
    return `\`jobs\` and \`failed\` show what is there${hasOthers ? '; `state:` names other states' : ''}`
  const completed = hasOthers
    ? `; what had completed goes back with \`release ${scope} as-it-was\``
    : ''
  return `\`vault ${scope}\` shows what is there${completed}`
}

/** `failed jobs`: whoever named no state should learn which ones were looked for. */
function kindsOf(action: ActionKind, filter: string, options: JobOptions = {}): string {
  if (!isJobAction(action)) return 'jobs'
  if (action === 'unstick') return 'active jobs without a worker'
  return `${listing(filterFor(action, filter, options).states, 'or')} jobs`
}

/** What waits takes the longer, the less of the pace is left; without a known share nobody can say. */
function slower(preview: PlanPreview | null, share: number | null): PlanPreview | null {
  if (preview === null || 'unknown' in preview.drain || preview.drain.ms === 0) return preview
  const drain =
    share === null
      ? { unknown: 'nothing tells how fast jobs were worked off lately' }
      : { ms: Math.min(Math.ceil(preview.drain.ms / share), Number.MAX_SAFE_INTEGER) }
  return { ...preview, drain }
}

/** What waits in the only queue, or the jobs it is about. A preview without it is still a preview. */
async function previewOf(
  { systems, clock }: Pick<Deps, 'systems' | 'clock'>,
  [first, ...others]: readonly Seen[],
  resolved: ResolvedJobs | null,
): Promise<PlanPreview | null> {
  if (first === undefined || others.length > 0)
    return resolved === null
      ? null
      : { ...resolved.preview, drain: { unknown: 'they are of several queues' } }
  const { ref, state } = first
  const facts = await live(clock.now(), () => systems.get(ref.system).planFacts(ref.queue))
  if (!facts.isLive)
    return resolved === null ? null : { ...resolved.preview, drain: { unknown: facts.problem } }
  const { types, sample, rate, workers } = facts.value
  const waiting = backlog(state.overview.counts)
  const shown = resolved?.preview ?? { types, sample }
  const jobs = resolved?.jobs.count ?? waiting
  return { ...shown, drain: drainEstimate({ backlog: jobs, rate, workers }) }
}
