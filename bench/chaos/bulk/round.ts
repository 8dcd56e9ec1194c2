import { setTimeout as sleep } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { note } from '../../checker/ledgers.ts'
import { until } from '../../lib/until.ts'
import type { Random } from '../random.ts'
import type { Scene } from '../scene.ts'
import { carryOut, isActing } from './carry-out.ts'
import type { Line, NewJob } from './crew.ts'
import { killMeanwhile, type Mortals } from './killing.ts'
import { patiently } from './patiently.ts'

/** Where the jobs of a round are when they are ordered away; those in line are being worked meanwhile. */
const KINDS = ['failed', 'failed', 'waiting', 'prioritized', 'delayed'] as const
type Kind = (typeof KINDS)[number]

export interface RoundScene extends Scene {
  readonly lines: readonly [Line, ...Line[]]
  readonly mortals: Mortals
  readonly redis: Redis
  /** Jobs of a round. */
  readonly jobs: number
}

/** Of the rounds with failed jobs in so many they are retried where they are. */
const RETRIED = 0.25
const BATCH = 1_000
/** Other jobs of the same queue, which nobody orders anything for. */
const BYSTANDERS = 300
/** Jobs fall due while they are copied, and while they are put back. */
const DELAY_MS = { from: 3_000, to: 25_000 } as const
const FILL_MS = 120_000
const WORK_MS = 180_000
/** From the first job moved to a kill, at most; taking and putting back ten thousand takes about as long. */
const MOVING_MS = 2_000

/**
 * Fills one queue, has its jobs quarantined and released, somebody dying during each; then lets them be worked
 * off. What is held after a release that came to nothing stays in the vault, and is counted there.
 */
export async function round(scene: RoundScene, random: Random, n: number): Promise<void> {
  const line = random.oneOf(scene.lines)
  const kind = random.oneOf(KINDS)
  const type = `round-${n}`
  await fill(scene, line, random, { kind, type })
  const order = async (command: string): Promise<void> => {
    const killing = killMeanwhile(scene.mortals, random.fork(), {
      withinMs: Math.min(MOVING_MS, scene.jobs),
      isMoving: () => patiently(() => isActing(scene.client)),
    })
    await Promise.all([carryOut(scene, random.fork(), command), killing])
  }
  const isRetried = kind === 'failed' && random.isBelow(RETRIED)
  if (!isRetried) await order(`quarantine ${line.queue} type:${type} state:${kind}`)
  line.setMood('well')
  for (const number of await held(scene, line)) await order(`release v${number}`)
  // What was left among the failed ones by an order that came to nothing, too.
  if (await hasFailed(scene, line)) await order(`retry ${line.queue}`)
  await workedOff(scene, line)
  await noteStalls(scene, line)
}

async function fill(
  { jobs, redis }: RoundScene,
  line: Line,
  random: Random,
  { kind, type }: { readonly kind: Kind; readonly type: string },
): Promise<void> {
  line.setMood(kind === 'failed' ? 'broken' : 'slow')
  for (let added = 0; added < jobs; added += BATCH) {
    const size = Math.min(BATCH, jobs - added)
    await line.add(Array.from({ length: size }, () => aJob(kind, type, random)))
  }
  const failed = async (): Promise<boolean> =>
    (await redis.zcard(`bull:${line.queue}:failed`)) >= jobs
  if (kind === 'failed') await until('every job has failed', FILL_MS, failed)
  line.setMood('slow')
  await line.add(Array.from({ length: Math.min(BYSTANDERS, jobs) }, () => ({ type: 'bystander' })))
}

function aJob(kind: Kind, type: string, random: Random): NewJob {
  if (kind === 'prioritized') return { type, priority: random.between(1, 5) }
  if (kind === 'delayed') return { type, delayMs: random.between(DELAY_MS.from, DELAY_MS.to) }
  return { type }
}

/** Numbers of the sets that hold jobs of this queue. */
async function held({ client }: RoundScene, { queue }: Line): Promise<readonly number[]> {
  const { rows } = await patiently(() =>
    client.query<{ number: string }>(
      `select number from vault_set where queue = $1 and exists (
         select from vault_job where set_id = vault_set.id and state = 'held') order by number`,
      [queue],
    ),
  )
  return rows.map(({ number }) => Number(number))
}

const hasFailed = async ({ redis }: RoundScene, { queue }: Line): Promise<boolean> =>
  (await patiently(() => redis.zcard(`bull:${queue}:failed`))) > 0

/** Also those that a worker had when its Redis died: BullMQ gives them to another one after a while. */
async function workedOff({ redis }: RoundScene, { queue }: Line): Promise<void> {
  const key = (name: string): string => `bull:${queue}:${name}`
  for (const end = Date.now() + WORK_MS; Date.now() < end; await sleep(200)) {
    const left = await patiently(() =>
      Promise.all([
        ...['wait', 'paused', 'active'].map((name) => redis.llen(key(name))),
        ...['prioritized', 'delayed'].map((name) => redis.zcard(key(name))),
      ]),
    )
    if (left.every((count) => count === 0)) return
  }
}

/** BullMQ's events are cut at some length; what they say of jobs that it ran again is kept for the checker. */
async function noteStalls({ redis, ledgers }: RoundScene, { queue }: Line): Promise<void> {
  const events = `bull:${queue}:events`
  for (const [, fields] of await redis.xrange(events, '-', '+')) {
    const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? ''
    if (field('event') === 'stalled') note(ledgers, 'stalled', `${queue} ${field('jobId')}`)
  }
  await redis.xtrim(events, 'MAXLEN', 0)
}
