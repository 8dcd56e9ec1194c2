import type { Actor } from '../domain/action.ts'
import type {
  Gate,
  Ignored,
  LiveTraffic,
  Replay,
  ReplayJob,
  Wave,
  WaveCounts,
} from '../domain/replay.ts'
import { refOf, row, type Sql } from './sql.ts'

/** As JSON has it: without dates. */
interface WaveRow extends Omit<WaveCounts, 'strata'> {
  index: number
  size: number
  beganAt: string | null
  fedAt: string | null
  putAt: string | null
  verdict: Wave['verdict']
  judgedAt: string | null
  teamId: string | null
  userId: string | null
  words: string | null
  strata: WaveCounts['strata'] | null
}

interface ReplayRow {
  plan_id: string
  number: string
  system: string
  queue: string
  state: Replay['state']
  wave: number
  reason: string | null
  by_team_id: string | null
  by_user_id: string | null
  is_held_by_person: boolean
  position: string | null
  baseline: LiveTraffic
  live: LiveTraffic
  gates: Gate[]
  ignored: Ignored[]
  began_at: Date
  ended_at: Date | null
  seen_at: Date
  waves: WaveRow[]
}

const STRATA = `(
  select json_object_agg(stratum, json_build_object('completed', completed, 'failed', failed))
  from replay_stratum where plan_id = w.plan_id and wave = w.wave
)`

/** A replay with its waves and their numbers, in one round trip. */
const SELECT = `
  select replay.*, plan.number, (
    select json_agg(json_build_object('index', wave, 'size', size, 'beganAt', began_at, 'fedAt', fed_at, 'putAt', put_at,
      'verdict', verdict, 'judgedAt', judged_at, 'teamId', judged_by_team_id, 'userId', judged_by_user_id,
      'words', words, 'skipped', skipped, 'fed', fed, 'open', open, 'completed', completed, 'known', known,
      'fresh', fresh, 'unseen', unseen, 'returned', returned, 'strata', ${STRATA}) order by wave)
    from replay_wave w where plan_id = replay.plan_id
  ) as waves
  from replay join plan on plan.id = replay.plan_id`

const actorOrNull = (teamId: string | null, userId: string | null): Actor | null =>
  teamId === null || userId === null ? null : { teamId, userId }

const dateOf = (stored: string | null): Date | null => (stored === null ? null : new Date(stored))

function toWave(from: WaveRow): Wave {
  const {
    index,
    size,
    verdict,
    words,
    beganAt,
    fedAt,
    putAt,
    judgedAt,
    teamId,
    userId,
    ...counts
  } = from
  return {
    index,
    size,
    beganAt: dateOf(beganAt),
    fedAt: dateOf(fedAt),
    putAt: dateOf(putAt),
    verdict,
    judgedAt: dateOf(judgedAt),
    judgedBy: actorOrNull(teamId, userId),
    words,
    counts: { ...counts, strata: counts.strata ?? {} },
  }
}

const toReplay = (from: ReplayRow): Replay => ({
  planId: from.plan_id,
  planNumber: Number(from.number),
  ref: refOf(from),
  state: from.state,
  wave: from.wave,
  reason: from.reason,
  by: actorOrNull(from.by_team_id, from.by_user_id),
  isHeldByPerson: from.is_held_by_person,
  position: from.position,
  baseline: from.baseline,
  live: from.live,
  gates: from.gates,
  ignored: from.ignored,
  beganAt: from.began_at,
  endedAt: from.ended_at,
  seenAt: from.seen_at,
  waves: from.waves.map(toWave),
})

/** `condition` is about `replay`, and may end in an order. */
export async function oneReplay(
  sql: Sql,
  condition: string,
  values: readonly unknown[],
): Promise<Replay | null> {
  const found = await row<ReplayRow>(sql, `${SELECT} where ${condition} limit 1`, values)
  return found === null ? null : toReplay(found)
}

export interface ReplayJobRow {
  job_id: string
  key: string
  wave: number
  stratum: number | null
  outcome: ReplayJob['outcome']
  shape: string | null
  is_known: boolean | null
  put_at: Date
  ended_at: Date | null
}

export const toReplayJob = (from: ReplayJobRow): ReplayJob => ({
  id: from.job_id,
  key: from.key,
  wave: from.wave,
  stratum: from.stratum,
  outcome: from.outcome,
  shape: from.shape,
  isKnown: from.is_known,
  putAt: from.put_at,
  endedAt: from.ended_at,
})
