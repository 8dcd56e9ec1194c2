import type { Counts, QueueOverview } from '../../domain/queue.ts'
import type { Throttle } from '../../domain/throttle.ts'
import { LIMIT_FIELDS, readLimits } from './throttle-fields.ts'
import { encode } from './wire/encode.ts'
import type { Reply } from './wire/reply-reader.ts'
import type { WorkersByQueue } from './workers.ts'

/** What Redis keeps of a queue, before workers and names are added. */
export type QueueFacts = Omit<QueueOverview, 'ref' | 'workers'>

/** What the first look at a queue told, and whom to ask next. */
export interface FirstLook {
  readonly counts: Counts
  readonly isPaused: boolean
  readonly throttle: Throttle
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
    encode('HMGET', `${base}meta`, 'paused', 'version', ...LIMIT_FIELDS),
    encode('LLEN', `${base}active`),
    ...['delayed', 'prioritized', 'failed', 'completed', 'waiting-children'].map((set) =>
      encode('ZCARD', base + set),
    ),
    encode('ZRANGE', `${base}prioritized`, '0', '0'),
  ].join('')

/** Reads the first look's replies, which begin at `at`: taken from where they lie, for there are thousands. */
export function firstLook(replies: readonly Reply[], at = 0): FirstLook {
  const waitTail = items(replies[at + 1])
  const pausedTail = items(replies[at + 3])
  const [flag, version, ...limits] = items(replies[at + 4])
  const next = [...nextIn(waitTail), ...nextIn(pausedTail)]
  const counts = {
    waiting: jobsIn(replies[at], waitTail),
    active: count(replies[at + 5]),
    delayed: count(replies[at + 6]),
    prioritized: count(replies[at + 7]),
    failed: count(replies[at + 8]),
    completed: count(replies[at + 9]),
    waitingChildren: count(replies[at + 10]),
    paused: jobsIn(replies[at + 2], pausedTail),
  }
  return {
    counts,
    isPaused: typeof flag === 'string',
    throttle: readLimits(limits),
    libraryVersion: typeof version === 'string' && version !== '' ? version : null,
    // Workers look at priorities only when the lists are empty.
    next: next.length > 0 ? next : nextIn(items(replies[at + 11])),
    // A marker is no job, but somebody put it there.
    isBare:
      nextIn(items(replies[at + 11])).length === 0 &&
      typeof flag !== 'string' &&
      typeof version !== 'string' &&
      waitTail.length + pausedTail.length === 0 &&
      Object.values(counts).every((size) => size === 0),
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
  const { counts, libraryVersion, next, throttle } = look
  const added = replies
    .slice(0, next.length)
    .map((time) => (typeof time === 'string' && time !== '' ? Number(time) : Number.NaN))
    .filter((time) => Number.isFinite(time))
  // Asked only where jobs look stranded: of a bare queue there stands another answer at this place.
  const [flag, aside] = looksStranded(look) ? replies.slice(next.length) : []
  const isStranded = flag === 0 && aside === 1
  return {
    // A bare queue has no job to ask for, so its answer is the only one.
    isKnown: !look.isBare || count(replies[0]) > 0,
    counts,
    isPaused: look.isPaused || flag === 1,
    throttle,
    oldestWaitingAt: added.length === 0 ? null : new Date(Math.min(...added)),
    stranded: isStranded ? counts.paused : 0,
    libraryVersion,
  }
}

/** Only looks so, perhaps: the queue may have been paused or resumed between the two reads. */
const looksStranded = ({ counts, isPaused }: FirstLook): boolean => counts.paused > 0 && !isPaused

/** BullMQ 4 keeps a marker at the end of its lists, which is no job. */
const isMarker = (id: Reply | undefined): boolean => typeof id === 'string' && id.startsWith('0:')

/** The job next in line, of the last two of a list or the first of a set; none if there is none. */
function nextIn(ids: readonly Reply[]): readonly string[] {
  const last = ids.at(-1)
  const next = isMarker(last) ? ids.at(-2) : last
  return typeof next === 'string' ? [next] : []
}

/** A list may lose its last job between the two reads. */
const jobsIn = (length: Reply | undefined, tail: readonly Reply[]): number =>
  Math.max(0, count(length) - (isMarker(tail.at(-1)) ? 1 : 0))

// By hand and not by a schema: thousands of values, on the way to a person who waits.
function count(reply: Reply | undefined): number {
  if (typeof reply === 'number') return reply
  throw new Error('Redis gave no number where one was asked for')
}

function items(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[]
  throw new Error('Redis gave no list where one was asked for')
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
