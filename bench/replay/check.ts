import type { Redis } from 'ioredis'

import type { Database } from '../lib/order.ts'
import type { Added } from './producer.ts'

const LISTS = ['wait', 'paused', 'active'] as const
const SETS = ['prioritized', 'delayed', 'completed', 'failed'] as const

/** One job of a replay that is over, as everybody who knows of it tells it; none of them asked another one. */
export interface Trace {
  readonly id: string
  readonly isPoison: boolean
  /** Everywhere that it is: it should be one place. */
  readonly places: readonly string[]
  /** What the ledger of the replay says; null where it was never put in line. */
  readonly outcome: string | null
  /** By its workers; one that BullMQ gave to a worker again since the one before was lost counts in `reruns`, too. */
  readonly runs: number
  readonly reruns: number
}

interface About {
  /** The Redis of the queue, and the list in which its workers noted their runs. */
  readonly redis: Redis
  readonly queue: string
  readonly runs: readonly string[]
  readonly database: Database
  readonly planId: string
  readonly added: Added
}

/** Looks every job up where jobs can be. */
export async function traces(about: About): Promise<readonly Trace[]> {
  const { redis, queue, runs, database, planId, added } = about
  const places = await placesOf(redis, queue)
  for (const id of await inVault(database, queue)) put(places, id, 'vault')
  const { rows } = await database.query<{ job_id: string; outcome: string }>(
    'select job_id, outcome from replay_job where plan_id = $1',
    [planId],
  )
  const ledger = new Map(rows.map(({ job_id: id, outcome }) => [id, outcome]))
  const [ran, again] = [timesOf(runs), timesOf(await stalls(redis, queue))]
  return added.ids.map((id) => ({
    id,
    isPoison: added.poison.has(id),
    places: places.get(id) ?? [],
    outcome: ledger.get(id) ?? null,
    runs: ran.get(id) ?? 0,
    reruns: again.get(id) ?? 0,
  }))
}

/** Run more than once, and not because BullMQ itself did that. */
export const ranTwice = ({ runs, reruns }: Trace): boolean => runs > 1 + reruns

/** Where a job belongs by what the ledger says of it, and whether it ran then. */
const BELONGS: Readonly<Record<string, { readonly place: string; readonly hasRun: boolean }>> = {
  completed: { place: 'completed', hasRun: true },
  failed: { place: 'vault', hasRun: true },
  returned: { place: 'vault', hasRun: false },
  never: { place: 'failed', hasRun: false },
}

/**
 * Whether a job is in one place, the one that the ledger says, and ran if that says so; after a replay that brought
 * everything through, whether it is where it belongs whatever anybody says.
 */
export function isExplained(trace: Trace, isThrough: boolean): boolean {
  const { places, outcome, runs, isPoison } = trace
  const belongs = BELONGS[outcome ?? 'never']
  if (belongs === undefined || places.length !== 1 || places[0] !== belongs.place) return false
  if (runs > 0 !== belongs.hasRun) return false
  return !isThrough || belongs.place === (isPoison ? 'vault' : 'completed')
}

function put(places: Map<string, string[]>, id: string, place: string): void {
  const known = places.get(id)
  if (known === undefined) places.set(id, [place])
  else known.push(place)
}

async function placesOf(redis: Redis, queue: string): Promise<Map<string, string[]>> {
  const places = new Map<string, string[]>()
  const key = (name: string): string => `bull:${queue}:${name}`
  for (const name of LISTS)
    for (const id of await redis.lrange(key(name), 0, -1)) put(places, id, name)
  for (const name of SETS)
    for (const id of await redis.zrange(key(name), '0', '-1')) put(places, id, name)
  return places
}

async function inVault(database: Database, queue: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select job_id as id from vault_job join vault_set on vault_set.id = set_id
     where queue = $1 and state <> 'released'`,
    [queue],
  )
  return rows.map(({ id }) => id)
}

async function stalls(redis: Redis, queue: string): Promise<readonly string[]> {
  const events = await redis.xrange(`bull:${queue}:events`, '-', '+')
  return events.flatMap(([, fields]) => {
    const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? ''
    return field('event') === 'stalled' ? [field('jobId')] : []
  })
}

function timesOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1)
  return times
}
