import { namesFrom, queuesOf, type Evidence, type Partly } from './ledgers.ts'

/** Rows that say that something is not over; each query gives what to call it. */
const UNFINISHED = [
  `select 'plan ' || id as name from plan where state in ('requested', 'confirmed', 'executing')`,
  `select 'delivery ' || id as name from delivery where state = 'received'`,
  `select 'message ' || key as name from message where delivered_version = 0`,
  `select 'room of incident ' || incident_id as name from room_step where state <> 'done'`,
  `select 'hold ' || id as name from hold where ended_at is null and ends_at <= now()`,
  `select 'freeze' as name from control`,
] as const

/** What must not be twice, whatever happened. */
const TWICE = [
  `select 'open incident ' || key as name from incident where state <> 'resolved'
   group by key having count(*) > 1`,
  `select 'end of hold ' || ends_hold_id as name from plan where ends_hold_id is not null
   group by ends_hold_id having count(*) > 1`,
  `select 'hold of plan ' || plan_id || ' on ' || queue as name from hold
   group by plan_id, system, queue having count(*) > 1`,
] as const

/** Everything that was begun is over, nothing exists twice, and a queue stands still only while it is held. */
export async function checkState({ redis, client, ledger }: Evidence): Promise<Partly> {
  const ask = async (queries: readonly string[]): Promise<readonly string[]> => {
    const names: string[] = []
    for (const query of queries) names.push(...(await namesFrom(client, query)))
    return names
  }
  const held = new Set(
    await namesFrom(client, 'select queue as name from hold where ended_at is null'),
  )
  const paused = await Promise.all(
    queuesOf(ledger).map(async (queue) => ({
      queue,
      isPaused: (await redis.hexists(`bull:${queue}:meta`, 'paused')) === 1,
    })),
  )
  return {
    repeated: await ask(TWICE),
    stuck: [
      ...(await ask(UNFINISHED)),
      ...paused
        .filter(({ queue, isPaused }) => isPaused !== held.has(queue))
        .map(({ queue, isPaused }) => `${isPaused ? 'pause' : 'hold'} of ${queue}`),
    ],
  }
}
