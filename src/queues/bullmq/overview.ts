import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { QueueOverview } from '../../domain/queue.ts'
import { readPlainly } from './overview-plain.ts'
import { runScript, scripts } from './scripts.ts'
import type { WorkersByQueue } from './workers.ts'

/** Queues per script call: 50 keep one call under two milliseconds of Redis time. */
const CHUNK = 50

/** What Redis keeps of a queue, before workers and names are added. */
export type QueueFacts = Omit<QueueOverview, 'ref' | 'workers'>

const Reply = z.array(z.string())

/** Reads all queues in one pipelined pass; without the right to run scripts by plain commands, more slowly. */
export async function readQueues(
  redis: Redis,
  bases: readonly string[],
): Promise<readonly QueueFacts[]> {
  try {
    const replies = await Promise.all(
      chunks(bases).map((chunk) => runScript(redis, scripts.overview, chunk)),
    )
    return replies.flatMap((reply) => Reply.parse(reply).map(parseFacts))
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error
    return readPlainly(redis, bases)
  }
}

const chunks = (bases: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(bases.length / CHUNK) }, (_, index) =>
    bases.slice(index * CHUNK, (index + 1) * CHUNK),
  )

function parseFacts(reply: string): QueueFacts {
  const fields = reply.split(',')
  const count = (index: number) => Number(fields[index])
  const isPaused = fields[8] === '1'
  const version = fields.slice(10).join(',')
  return {
    counts: {
      waiting: count(0),
      active: count(1),
      delayed: count(2),
      prioritized: count(3),
      failed: count(4),
      completed: count(5),
      waitingChildren: count(6),
      paused: count(7),
    },
    isPaused,
    oldestWaitingAt: fields[9] === '' ? null : new Date(count(9)),
    stranded: isPaused ? 0 : count(7),
    libraryVersion: version === '' ? null : version,
  }
}

/** Adds what Redis does not keep with the queue: whose it is and who works on it. */
export const toOverview = (
  system: string,
  queue: string,
  facts: QueueFacts,
  workers: WorkersByQueue | null,
): QueueOverview => ({
  ref: { system, queue },
  workers: workers === null ? null : (workers.get(queue)?.all ?? 0),
  ...facts,
})
