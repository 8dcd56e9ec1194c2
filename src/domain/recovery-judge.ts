import { queueKey } from './queue.ts'
import { checksOf, type Finding, type Limits } from './recovery-checks.ts'
import { goodTime, type Check, type Recovery, type Sight, type Track } from './recovery.ts'

/**
 * What a recovery is after one look: its checks, how much of the time has gone well, and what is counted from
 * here on. Something bad, or ends that nobody saw, begin the time anew.
 */
export function judge(before: Recovery, sight: Sight, limits: Limits): Recovery {
  const tracks = before.tracks.map((track) => counted(track, sight))
  const looked = { ...before, tracks }
  const early = checksOf(looked, sight, limits, false)
  const isMissed = sight.queues.some(({ ended }) => ended?.hasGap === true)
  const goodMs = isMissed ? 0 : goodTime(before, dated(before, early, sight.at), sight)
  const found = goodMs >= before.forMs ? checksOf(looked, sight, limits, true) : early
  const checks = dated(before, found, sight.at)
  const after = { ...looked, goodMs, checks, seenAt: sight.at }
  const wrong = checks.filter(({ state }) => state === 'bad')
  const why = wrong.length > 0 ? wrong : isMissed ? checks.filter(isNewFailures) : []
  return why.length === 0 ? after : anew(after, why, sight.at)
}

/** Whether everything was good for the whole time. */
export const isRecovered = ({ goodMs, forMs, checks }: Recovery): boolean =>
  goodMs >= forMs && checks.length > 0 && checks.every(({ state }) => state === 'good')

const isNewFailures = ({ name }: Check): boolean => name === 'new_failures'

function counted(track: Track, { queues, at }: Sight): Track {
  const sight = queues.find(({ ref }) => queueKey(ref) === queueKey(track.ref))
  const ended = sight?.ended ?? null
  if (ended === null) return track
  return {
    ...track,
    position: ended.position,
    completed: track.completed + ended.completed,
    failed: track.failed + ended.failed,
    completedAt: ended.completed > 0 ? at : track.completedAt,
  }
}

/** What did not change is so since it was first seen so. */
const dated = (before: Recovery, found: readonly Finding[], at: Date): readonly Check[] =>
  found.map((check) => {
    const last = before.checks.find(({ name }) => name === check.name)
    return { ...check, since: last?.state === check.state ? last.since : at }
  })

const anew = (recovery: Recovery, why: readonly Check[], at: Date): Recovery => ({
  ...recovery,
  since: at,
  setback: { at, words: why.map(({ words }) => words).join('; ') },
  tracks: recovery.tracks.map((track) => ({ ...track, completed: 0, failed: 0 })),
})
