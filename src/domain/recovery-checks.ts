import { formatDuration } from './duration.ts'
import { backlog, queueKey, type QueueOverview } from './queue.ts'
import { inCode, inert } from './quote.ts'
import type { Check, QueueSight, Recovery, Sight, Track } from './recovery.ts'
import type { RecoverySettings } from './settings.ts'
import { listing, percent, plural, thousands } from './text.ts'

export type Limits = Pick<RecoverySettings, 'maxFailed' | 'success'>

/** A check before it is known since when it is so. */
export type Finding = Omit<Check, 'since'>

type Found = Pick<Finding, 'state' | 'words'>

interface Seen {
  readonly sight: QueueSight
  readonly track: Track
}

/** Where nothing moves for so long although jobs wait, workers do not work. */
const MIN_STALL_MS = 60_000
/** Who completed a job so lately is there, whatever an older list of connections says. */
const THERE_MS = 30_000
/** A run whose end was not seen by then will not be seen any more. */
const LOST_RUN_MS = 60_000
/** A share of fewer ends than this tells nothing. */
const FEWEST_ENDED = 3

/**
 * The whole checklist as one look found it. `recovery` holds what was counted up to and with this look; with
 * `isFull` the time is over, and what is still missing then is unknown.
 */
export function checksOf(
  recovery: Recovery,
  sight: Sight,
  limits: Limits,
  isFull: boolean,
): readonly Finding[] {
  const seen = recovery.tracks.flatMap((track): readonly Seen[] => {
    const of = sight.queues.find(({ ref }) => queueKey(ref) === queueKey(track.ref))
    return of === undefined ? [] : [{ sight: of, track }]
  })
  return [
    { name: 'failed_left', ...(worst(seen, (each) => failedLeft(each, limits)) ?? NOTHING_READ) },
    { name: 'processing', ...processing(recovery, seen, sight.at, isFull) },
    { name: 'new_failures', ...newFailures(recovery, seen, sight.at, isFull) },
    { name: 'success', ...success(seen, limits, isFull) },
    { name: 'alerts', ...alerts(sight, isFull) },
    ...readings(sight),
    ...sight.actions.map((action) => byHand(recovery, action, sight.at)),
  ]
}

const WORST_FIRST: readonly Found['state'][] = ['bad', 'unknown', 'pending', 'good']
const NAMED = 3
const NOTHING_READ: Found = { state: 'unknown', words: 'nothing could be read' }

/** Of several queues those that are worst; of one just its words. Null where none tells anything. */
function worst(seen: readonly Seen[], find: (of: Seen) => Found | null): Found | null {
  const found = seen.flatMap((of) => {
    const each = find(of)
    return each === null ? [] : [{ of, ...each }]
  })
  const state = WORST_FIRST.find((each) => found.some((one) => one.state === each))
  if (state === undefined) return null
  const those = found.filter((one) => one.state === state)
  if (seen.length === 1) return { state, words: those.map(({ words }) => words).join() }
  const named = those
    .slice(0, NAMED)
    .map(({ of, words }) => `${inCode(queueKey(of.sight.ref))}: ${words}`)
  const rest = those.length - named.length
  return { state, words: [...named, ...(rest === 0 ? [] : [`and ${rest} more`])].join(', ') }
}

const unreadable = ({ problem }: QueueSight): Found => ({
  state: 'unknown',
  words: problem ?? 'it could not be read',
})

function failedLeft({ sight }: Seen, { maxFailed }: Limits): Found {
  const { overview } = sight
  if (overview === null) return unreadable(sight)
  if (!overview.isKnown) return { state: 'unknown', words: 'no such queue is known' }
  const { failed } = overview.counts
  return failed < maxFailed
    ? { state: 'good', words: `${thousands(failed)} left, fewer than ${thousands(maxFailed)}` }
    : {
        state: 'bad',
        words: `${thousands(failed)} left, not fewer than ${thousands(maxFailed)}`,
      }
}

/** Queues without anything to do prove nothing, and are in nobody's way as long as others work. */
function processing(recovery: Recovery, seen: readonly Seen[], at: Date, isFull: boolean): Found {
  const idle: Found = isFull
    ? { state: 'unknown', words: 'nothing came in, so no job completed' }
    : { state: 'pending', words: 'nothing to do yet' }
  return worst(seen, (each) => works(recovery, each, at)) ?? idle
}

/** Null for one that has nothing to do. */
function works(recovery: Recovery, { sight, track }: Seen, at: Date): Found | null {
  const { overview, ended } = sight
  if (overview === null) return unreadable(sight)
  if (!overview.isKnown) return { state: 'unknown', words: 'no such queue is known' }
  if (overview.isPaused) return { state: 'bad', words: 'it is paused' }
  if (ended === null) return unreadable(sight)
  const stillMs = at.getTime() - (track.completedAt ?? track.joinedAt ?? recovery.beganAt).getTime()
  const isThere = overview.workers !== 0 || (track.completedAt !== null && stillMs < THERE_MS)
  return isThere
    ? moves(recovery, track, { overview, stillMs })
    : { state: 'bad', words: 'no worker is connected' }
}

function moves(
  { forMs }: Recovery,
  { completed }: Track,
  { overview, stillMs }: { readonly overview: QueueOverview; readonly stillMs: number },
): Found | null {
  const waiting = backlog(overview.counts)
  const { active } = overview.counts
  const isStill = stillMs >= Math.min(forMs, Math.max(MIN_STALL_MS, forMs / 3))
  if (waiting > 0 && isStill)
    return active === 0
      ? stalled('bad', `${thousands(waiting)} wait and none is at work`, stillMs)
      : stalled('unknown', `${plural(active, 'job')} at work`, stillMs)
  if (completed > 0) return { state: 'good', words: completedWords(completed, overview.workers) }
  return waiting + active > 0 ? { state: 'pending', words: 'none completed yet' } : null
}

const stalled = (state: Found['state'], what: string, stillMs: number): Found => ({
  state,
  words: `${what}, none completed for ${formatDuration(stillMs)}`,
})

const completedWords = (completed: number, workers: number | null): string =>
  `${thousands(completed)} completed${workers === null || workers === 0 ? '' : `, ${plural(workers, 'worker')}`}`

function newFailures({ since }: Recovery, seen: readonly Seen[], at: Date, isFull: boolean): Found {
  const failed = seen.reduce((sum, { sight }) => sum + (sight.ended?.failed ?? 0), 0)
  if (failed > 0) return { state: 'bad', words: `${plural(failed, 'job')} failed just now` }
  return (
    untold(seen) ?? {
      state: isFull ? 'good' : 'pending',
      words: `none for ${formatDuration(at.getTime() - since.getTime())}`,
    }
  )
}

/** Where not every end was told, nothing is said about all of them. */
function untold(seen: readonly Seen[]): Found | null {
  const away = seen.find(({ sight }) => sight.ended === null)
  if (away !== undefined) return unreadable(away.sight)
  if (!seen.some(({ sight }) => sight.ended?.hasGap === true)) return null
  return { state: 'unknown', words: 'some jobs ended unseen: their events were dropped too early' }
}

/** Over all its queues, since the time began. */
function success(seen: readonly Seen[], limits: Limits, isFull: boolean): Found {
  const unseen = untold(seen)
  if (unseen !== null) return unseen
  const completed = seen.reduce((sum, { track }) => sum + track.completed, 0)
  const ended = completed + seen.reduce((sum, { track }) => sum + track.failed, 0)
  if (ended === 0)
    return { state: isFull ? 'unknown' : 'pending', words: 'no job ended, so there is no share' }
  const words = `${thousands(completed)} of ${thousands(ended)} completed (${percent(completed, ended)})`
  if (completed / ended < limits.success)
    return { state: 'bad', words: `${words}, ${percent(limits.success, 1)} have to` }
  if (ended >= FEWEST_ENDED) return { state: 'good', words }
  const few = `${thousands(completed)} of ${thousands(ended)} completed, too few to tell`
  return { state: isFull ? 'unknown' : 'pending', words: few }
}

/** While one fires its sender sees what this checklist may not. */
function alerts({ alerts: names }: Sight, isFull: boolean): Found {
  if (names.length === 0) return { state: isFull ? 'good' : 'pending', words: 'none fires' }
  const named = names.slice(0, NAMED).map((name) => inert(name.slice(0, 100)))
  const rest = names.length - named.length
  const all = [...named, ...(rest === 0 ? [] : [`${thousands(rest)} more`])]
  return { state: 'bad', words: `${listing(all)} ${names.length === 1 ? 'fires' : 'fire'}` }
}

const STATE_OF = { well: 'good', unwell: 'bad', unknown: 'unknown' } as const

const readings = ({ readings: all }: Sight): readonly Finding[] =>
  all.map(({ name, about, state, words }) => ({
    name: `probe:${name}`,
    about,
    state: STATE_OF[state],
    words,
  }))

/** What a person starts: what it proved counts as long as nothing went wrong afterwards. */
function byHand({ since }: Recovery, { probe, last }: Sight['actions'][number], at: Date): Finding {
  const about = { name: `probe:${probe.name}` as const, about: probe.about }
  if (last === null)
    return { ...about, state: 'unknown', words: 'not run: it has effects, so a person starts it' }
  const who = `<@${last.by.userId}>`
  if (last.reading === null)
    return at.getTime() - last.beganAt.getTime() < LOST_RUN_MS
      ? { ...about, state: 'pending', words: `${who} runs it` }
      : { ...about, state: 'unknown', words: `${who} ran it; how it ended was not seen` }
  const { state, words } = last.reading
  if (state === 'well' && last.beganAt < since)
    return { ...about, state: 'unknown', words: `${words}, but before the time began anew` }
  return { ...about, state: STATE_OF[state], words: `${words}, run by ${who}` }
}
