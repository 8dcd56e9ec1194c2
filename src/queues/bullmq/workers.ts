import { performance } from 'node:perf_hooks'

import type { Redis } from 'ioredis'

import type { Clock } from '../../domain/ports/runtime.ts'
import type { Connection } from './connection.ts'

/** Workers of one queue, from the names of their connections. */
interface WorkerCount {
  readonly all: number
  /** Those that block as only BullMQ 4 and older do: on the list itself. */
  readonly v4: number
}

export type WorkersByQueue = ReadonlyMap<string, WorkerCount>

/** Workers of all queues by one CLIENT LIST; null where the Redis user may not list clients. */
export interface Workers {
  /** At most ten seconds old. */
  recent(): Promise<WorkersByQueue | null>
  /** At most a second old: whoever looks at many queues at once shares one look. */
  lately(): Promise<WorkersByQueue | null>
  now(): Promise<WorkersByQueue | null>
}

const FRESH_MS = 10_000
const SHARED_MS = 1000

interface Known {
  readonly at: Date
  /** Elapsed time, which runs on however the clock is set. */
  readonly elapsedAt: number
  readonly workers: Promise<WorkersByQueue | null>
}

export function watchWorkers(connection: Connection, prefix: string, clock: Clock): Workers {
  let known: Known | null = null
  const now = () => {
    const workers = connection.run((redis) => listWorkers(redis, prefix))
    known = { at: clock.now(), elapsedAt: performance.now(), workers }
    // A failure is for whoever asked; the next one asks again.
    workers.catch(() => {
      if (known?.workers === workers) known = null
    })
    return workers
  }
  return {
    now,
    lately: () =>
      known !== null && performance.now() - known.elapsedAt < SHARED_MS ? known.workers : now(),
    recent: () =>
      known !== null && clock.now().getTime() - known.at.getTime() < FRESH_MS
        ? known.workers
        : now(),
  }
}

async function listWorkers(redis: Redis, prefix: string): Promise<WorkersByQueue | null> {
  try {
    const text = await redis.call('CLIENT', 'LIST', 'TYPE', 'normal')
    return parseClientList(String(text), prefix)
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command|not allowed/i.test(error.message))
      return null
    throw error
  }
}

/**
 * Counts workers by queue in the answer of CLIENT LIST. A worker's connection is called
 * `<prefix>:<base64 of the queue>`, or `…:w:<its own name>`; `…:qe`, a listener to events, is no such text.
 */
export function parseClientList(text: string, prefix: string): WorkersByQueue {
  const counts = new Map<string, WorkerCount>()
  for (const line of text.split('\n')) {
    const start = line.indexOf(` name=${prefix}:`)
    if (start < 0) continue
    const rest = line.slice(start + ` name=${prefix}:`.length)
    const queue = queueOfName(rest.slice(0, `${rest} `.indexOf(' ')))
    if (queue === null) continue
    const before = counts.get(queue) ?? { all: 0, v4: 0 }
    const isV4 = / cmd=(?:brpoplpush|blmove)(?: |$)/.test(rest)
    counts.set(queue, { all: before.all + 1, v4: before.v4 + (isV4 ? 1 : 0) })
  }
  return counts
}

/**
 * The last part is the encoded name. What stands before it belongs to the queue as we call it: BullMQ from
 * 5.12 on refuses colons in names, so `a:b` is there the queue `b` with the prefix `<prefix>:a`.
 */
function queueOfName(name: string): string | null {
  const [unnamed = ''] = name.split(':w:', 1)
  const start = unnamed.lastIndexOf(':') + 1
  const encoded = unnamed.slice(start)
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  const isName = decoded !== '' && Buffer.from(decoded).toString('base64') === encoded
  return isName ? unnamed.slice(0, start) + decoded : null
}
