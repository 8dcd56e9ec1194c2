import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue4, Worker as Worker4 } from 'bullmq-v4'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq-v5'

import { note, noteAll } from '../../checker/ledgers.ts'

/** How the workers of a queue do: `slow` ones leave a backlog, `broken` ones fail every job. */
type Mood = 'well' | 'slow' | 'broken'

/** A job as it is added, and where. */
export interface NewJob {
  readonly type: string
  readonly delayMs?: number
  readonly priority?: number
}

/** One queue with live workers of one major of BullMQ. Each added and each finished job is a line in a ledger. */
export interface Line {
  readonly queue: string
  setMood(mood: Mood): void
  add(jobs: readonly NewJob[]): Promise<void>
  close(): Promise<void>
}

const MAJORS = { four: 4, five: 5, six: 6 } as const
export type QueueName = keyof typeof MAJORS
export const QUEUES = Object.keys(MAJORS) as readonly QueueName[]

/** So that what a kill left with a worker is run again within seconds, by BullMQ's own check. */
const LOCKS = { lockDuration: 5_000, stalledInterval: 3_000, maxStalledCount: 100 }
/** Long enough for every event of a round, so that each such check is seen. */
const EVENTS = { streams: { events: { maxLen: 500_000 } } }
const CONCURRENCY = 20
const SLOW_MS = 100

export function startLine(port: number, ledgers: string, queue: QueueName): Line {
  let mood: Mood = 'well'
  const work = async ({ id, data }: { readonly id?: string; readonly data: Payload }) => {
    if (mood === 'broken') throw new Error('connect ETIMEDOUT 10.0.0.7:443')
    if (mood === 'slow') await sleep(SLOW_MS)
    note(ledgers, isIntact(data) ? 'finished' : 'garbled', `${queue} ${id}`)
  }
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  const { jobs, worker } = open(queue, connection, work)
  // It tells of a connection or a lock that it lost; what that led to is judged by what is left.
  hush(jobs)
  hush(worker)
  return {
    queue,
    setMood: (next) => {
      mood = next
    },
    async add(all) {
      const bulk = all.map(({ type, delayMs = 0, priority }) => ({
        name: type,
        data: payload(),
        opts: {
          jobId: randomUUID(),
          delay: delayMs,
          ...(priority === undefined ? {} : { priority }),
        },
      }))
      await jobs.addBulk(bulk)
      noteAll(
        ledgers,
        'added',
        bulk.map(({ opts }) => `${queue} ${opts.jobId}`),
      )
    },
    async close() {
      await worker.close(true)
      await jobs.close()
    },
  }
}

const hush = (one: { on(event: 'error', listener: () => void): unknown }): void =>
  void one.on('error', () => undefined)

interface Payload {
  readonly text: string
  readonly hash: string
}

const hashOf = (text: string): string => createHash('sha1').update(text).digest('hex')

function payload(): Payload {
  const text = `${randomUUID()} Grüße aus Köln 🚚 `.repeat(4)
  return { text, hash: hashOf(text) }
}

const isIntact = ({ text, hash }: Payload): boolean => hashOf(text) === hash

type Work = (job: { readonly id?: string; readonly data: Payload }) => Promise<void>
type Connection = { host: string; port: number; maxRetriesPerRequest: null }

function open(queue: QueueName, connection: Connection, work: Work) {
  const options = { connection, concurrency: CONCURRENCY, ...LOCKS }
  switch (MAJORS[queue]) {
    case 4:
      return {
        jobs: new Queue4(queue, { connection, ...EVENTS }),
        worker: new Worker4(queue, work, options),
      }
    case 5:
      return {
        jobs: new Queue5(queue, { connection, ...EVENTS }),
        worker: new Worker5(queue, work, options),
      }
    case 6:
      return {
        jobs: new Queue6(queue, { connection, ...EVENTS }),
        worker: new Worker6(queue, work, options),
      }
  }
}
