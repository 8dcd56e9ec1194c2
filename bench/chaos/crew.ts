import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq-v5'

import { note } from '../checker/ledgers.ts'
import { FLOWS } from './queues.ts'

export interface Crew {
  /** No more jobs are added; workers go on. */
  rest(): Promise<void>
  close(): Promise<void>
}

/** Between two jobs of one producer. */
const BUSY_MS = 60
const QUIET_MS = 1_000
/** Long enough for every event of a run, so that the checker sees each pause. */
const EVENTS = { streams: { events: { maxLen: 200_000 } } }
/** One job in so many is worked for longer than its worker keeps the lock: BullMQ then runs it again by itself. */
const LAPSE_EVERY = 200
const LOCK_MS = 1_000

interface Post {
  readonly queue: string
  readonly major: 5 | 6
  readonly everyMs: number
}

/** Busy ones for what flows, one each for all others, of either major in turn. */
const postsAt = (queues: readonly string[]): readonly Post[] =>
  queues.flatMap((queue, n): readonly Post[] => {
    if (!isFlow(queue)) return [{ queue, major: n % 2 === 0 ? 5 : 6, everyMs: QUIET_MS }]
    return [
      ...(queue === 'six' ? [] : [{ queue, major: 5 as const, everyMs: BUSY_MS }]),
      ...(queue === 'five' ? [] : [{ queue, major: 6 as const, everyMs: BUSY_MS }]),
    ]
  })

const isFlow = (queue: string): boolean => FLOWS.some((flow) => flow === queue)

/** Producers and workers of two majors. Each added and each finished job is a line in a ledger. */
export function startCrew(url: string, ledgers: string, queues: readonly string[]): Crew {
  const connection = { url, maxRetriesPerRequest: null }
  const resting = new AbortController()
  const members = postsAt(queues).map((post) => ({ ...post, ...member(post, connection, ledgers) }))
  const producing = members.map(async ({ queue, everyMs, add }) => {
    while (!resting.signal.aborted) {
      const jobId = randomUUID()
      await add(jobId)
      note(ledgers, 'added', `${queue} ${jobId}`)
      await sleep(everyMs)
    }
  })
  const rest = async (): Promise<void> => {
    resting.abort()
    await Promise.all(producing)
  }
  return {
    rest,
    async close() {
      await rest()
      await Promise.all(members.map(({ close }) => close()))
    },
  }
}

type Connection = { readonly url: string; readonly maxRetriesPerRequest: null }

function member({ queue, major }: Post, connection: Connection, ledgers: string) {
  const isLapsing = queue === 'six'
  let taken = 0
  const work = async (job: { readonly id?: string | undefined }): Promise<void> => {
    taken += 1
    await sleep(isLapsing && taken % LAPSE_EVERY === 0 ? 3 * LOCK_MS : 2)
    note(ledgers, 'finished', `${queue} ${job.id}`)
  }
  // A worker that never renews its lock is one that hangs: others take its job over.
  const lapse = isLapsing
    ? { lockDuration: LOCK_MS, skipLockRenewal: true, stalledInterval: LOCK_MS, concurrency: 2 }
    : {}
  const [jobs, worker] =
    major === 5
      ? [new Queue5(queue, { connection, ...EVENTS }), new Worker5(queue, work, { connection })]
      : [
          new Queue6(queue, { connection, ...EVENTS }),
          new Worker6(queue, work, { connection, maxStalledCount: 10, ...lapse }),
        ]
  // It says so when a job that it lost ends after all.
  worker.on('error', () => undefined)
  return {
    add: (jobId: string) => jobs.add('work', { jobId }, { jobId }),
    close: async () => {
      await worker.close()
      await jobs.close()
    },
  }
}
