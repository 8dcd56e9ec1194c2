import type { Counts, QueueOverview } from '../../domain/queue.ts'
import { encode } from './wire/encode.ts'
import type { Reply } from './wire/reply-reader.ts'
import type { WorkersByQueue } from './workers.ts'

/** What Redis keeps of a queue, before workers and names are added. */
export type QueueFacts = Omit<QueueOverview, 'ref' | 'workers'>

/** What the first look at a queue told, and whom to ask next. */
export interface FirstLook {
  readonly counts: Counts
  readonly isPaused: boolean
  readonly libraryVersion: string | null
  /** Jobs next in line; the older one of the two lists counts. */
  readonly next: readonly string[]
  /** Nothing was found; its other keys may still be there. */
  readonly isBare: boolean
}

export const FIRST_REPLIES = 12

/**
 * The commands of the first look, each of them O(1) for Redis. The two lists and the flag stand together:
 * Redis reads them in one go, so a pause or resume hardly ever comes between them.
 */
export const firstCommands = (base: string): string =>
  [
    encode('LLEN', `${base}wait`),
    encode('LRANGE', `${base}wait`, '-2', '-1'),
    encode('LLEN', `${base}paused`),
    encode('LRANGE', `${base}paused`, '-2', '-1'),
    encode('HMGET', `${base}meta`, 'paused', 'version'),
    encode('LLEN', `${base}active`),
    ...['delayed', 'prioritized', 'failed', 'completed', 'waiting-children'].map((set) =>
      encode('ZCARD', base + set),
    ),
    encode('ZRANGE', `${base}prioritized`, '0', '0'),
  ].join('')

export function firstLook(replies: readonly Reply[]): FirstLook {
  const [wait, waitTail, paused, pausedTail, meta, active, ...rest] = replies
  const [delayed, prioritized, failed, completed, waitingChildren, head] = rest
  const [flag = null, version = null] = texts(meta)
  const sizes = [wait, paused, active, delayed, prioritized, failed, completed, waitingChildren]
  const tails = [texts(waitTail), texts(pausedTail)] as const
  const next = tails.flatMap((tail) => tail.findLast((id) => id !== null && !isMarker(id)) ?? [])
  return {
    counts: {
      waiting: jobsIn(wait, tails[0]),
      active: count(active),
      delayed: count(delayed),
      prioritized: count(prioritized),
      failed: count(failed),
      completed: count(completed),
      waitingChildren: count(waitingChildren),
      paused: jobsIn(paused, tails[1]),
    },
    isPaused: flag !== null,
    libraryVersion: version === '' ? null : version,
    // Workers look at priorities only when the lists are empty.
    next: next.length > 0 ? next : texts(head).filter((id) => id !== null),
    isBare: flag === null && version === null && sizes.every((size) => size === 0),
  }
}

/** Keys that outlive the last job of a queue. */
const LASTING_KEYS = ['meta', 'id', 'marker', 'events', 'stalled-check', 'repeat']

/**
 * The commands of the second look: how old the next jobs are, whether jobs that look stranded still do, and
 * whether a queue that looks empty exists at all.
 */
export const secondCommands = (base: string, look: FirstLook): readonly string[] => [
  ...look.next.map((id) => encode('HGET', base + id, 'timestamp')),
  ...(looksStranded(look)
    ? [encode('HEXISTS', `${base}meta`, 'paused'), encode('EXISTS', `${base}paused`)]
    : []),
  ...(look.isBare ? [encode('EXISTS', ...LASTING_KEYS.map((key) => base + key))] : []),
]

export function secondLook(look: FirstLook, replies: readonly Reply[]): QueueFacts {
  const { counts, libraryVersion, next } = look
  const added = texts(replies.slice(0, next.length))
    .map((text) => (text === null || text === '' ? Number.NaN : Number(text)))
    .filter((time) => Number.isFinite(time))
  const [flag, aside] = replies.slice(next.length)
  const isStranded = looksStranded(look) && flag === 0 && aside === 1
  return {
    // A bare queue has no job to ask for, so its answer is the only one.
    isKnown: !look.isBare || count(replies[0]) > 0,
    counts,
    isPaused: look.isPaused || flag === 1,
    oldestWaitingAt: added.length === 0 ? null : new Date(Math.min(...added)),
    stranded: isStranded ? counts.paused : 0,
    libraryVersion,
  }
}

/** Only looks so, perhaps: the queue may have been paused or resumed between the two reads. */
const looksStranded = ({ counts, isPaused }: FirstLook): boolean => counts.paused > 0 && !isPaused

/** BullMQ 4 keeps a marker at the end of its lists, which is no job. */
const isMarker = (id: string): boolean => id.startsWith('0:')

/** A list may lose its last job between the two reads. */
const jobsIn = (length: Reply | undefined, tail: readonly (string | null)[]): number =>
  Math.max(0, count(length) - (isMarker(tail.at(-1) ?? '') ? 1 : 0))

// By hand and not by a schema: these are thousands of values, and they are checked on the way to the person.
function count(reply: Reply | undefined): number {
  if (typeof reply === 'number') return reply
  throw new Error('Redis gave no number where one was asked for')
}

function texts(reply: Reply | undefined): readonly (string | null)[] {
  if (!Array.isArray(reply)) throw new Error('Redis gave no texts where texts were asked for')
  return reply.map((item: unknown) => (typeof item === 'string' ? item : null))
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
  // A worker that waits for its first job has written nothing yet.
  isKnown: facts.isKnown || (workers?.get(queue)?.all ?? 0) > 0,
})
