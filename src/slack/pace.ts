import type { Clock } from '../domain/ports/runtime.ts'

type OutboxMethod = 'chat.postMessage' | 'chat.update'

export interface Budget {
  /** Edits a minute in the whole workspace; Slack's tier 3 allows 50. */
  readonly editsPerMinute: number
  /** Posts a minute into one channel; Slack asks for about one a second. */
  readonly postsPerMinute: number
}

export const DEFAULT_BUDGET: Budget = { editsPerMinute: 40, postsPerMinute: 60 }

const EDIT_BURST = 10
/** Of the burst, kept for headlines. */
const EDIT_RESERVE = 4
/** Of the edits of a minute, this share nobody can take from the lines: many headlines never starve them. */
const LINES_SHARE = 0.2
const POST_BURST = 5
const FIRST_BACKOFF_MS = 2000
const LONGEST_BACKOFF_MS = 60_000

/** A token bucket: `waitMs` is 0 when one token may be taken and `reserve` would still be left. */
function createBucket(clock: Clock, burst: number, perMinute: number) {
  let tokens = burst
  let at = clock.now().getTime()
  const refill = (): void => {
    const now = clock.now().getTime()
    tokens = Math.min(burst, tokens + ((now - at) * perMinute) / 60_000)
    at = now
  }
  return {
    waitMs(reserve: number): number {
      refill()
      return Math.ceil((Math.max(0, 1 + reserve - tokens) * 60_000) / perMinute)
    },
    take(): void {
      tokens -= 1
    },
    isFull(): boolean {
      refill()
      return tokens >= burst
    },
  }
}

export interface Pace {
  /** Null when the call may be made now, which then counts; else when to come back. */
  take(method: OutboxMethod, channelId: string, isHeadline: boolean): Date | null
  /** Slack's 429 concerns one method in the whole workspace. */
  pause(method: string, forMs: number): Date
  /** Slack does not answer: nobody asks again before the returned time, which moves out with each failure. */
  away(): Date
  answered(): void
}

/** Keeps the outbox inside Slack's limits, over all channels of this process. */
export function createPace(clock: Clock, budget: Budget): Pace {
  const lineEdits = createBucket(clock, 1, budget.editsPerMinute * LINES_SHARE)
  const edits = createBucket(clock, EDIT_BURST - 1, budget.editsPerMinute * (1 - LINES_SHARE))
  const posts = new Map<string, ReturnType<typeof createBucket>>()
  const paused = new Map<string, number>()
  let awayUntil = 0
  let failures = 0

  const now = (): number => clock.now().getTime()
  const postsOf = (channelId: string) => {
    const known = posts.get(channelId)
    if (known !== undefined) return known
    for (const [id, bucket] of posts) if (bucket.isFull()) posts.delete(id)
    const bucket = createBucket(clock, POST_BURST, budget.postsPerMinute)
    posts.set(channelId, bucket)
    return bucket
  }
  const free = (bucket: typeof edits) => ({ bucket, reserve: 0 })
  const editBuckets = (isHeadline: boolean) =>
    isHeadline ? [free(edits)] : [{ bucket: edits, reserve: EDIT_RESERVE }, free(lineEdits)]
  return {
    take(method, channelId, isHeadline) {
      const closedUntil = Math.max(paused.get(method) ?? 0, awayUntil)
      if (closedUntil > now()) return new Date(closedUntil)
      const buckets =
        method === 'chat.update' ? editBuckets(isHeadline) : [free(postsOf(channelId))]
      const open = buckets.find(({ bucket, reserve }) => bucket.waitMs(reserve) === 0)
      if (open === undefined) {
        const waits = buckets.map(({ bucket, reserve }) => bucket.waitMs(reserve))
        return new Date(now() + Math.min(...waits))
      }
      open.bucket.take()
      return null
    },
    pause(method, forMs) {
      const until = now() + forMs
      paused.set(method, Math.max(until, paused.get(method) ?? 0))
      return new Date(until)
    },
    away() {
      // Many calls may fail of the same outage; only the first after a pause makes the next one longer.
      if (now() >= awayUntil) {
        const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures)
        awayUntil = now() + backoffMs
        failures += 1
      }
      return new Date(awayUntil)
    },
    answered() {
      failures = 0
      awayUntil = 0
    },
  }
}
