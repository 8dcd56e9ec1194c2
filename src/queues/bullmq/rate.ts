import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { WorkRate } from '../../domain/queue.ts'
import type { QueueKeys } from './keys.ts'
import { runScript, scripts } from './scripts.ts'

const MINUTE_MS = 60_000
/** The shorter, the nearer to how it is now; older than an hour is no telling. */
const SPANS_MS = [MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS]
/** With so many jobs a shorter span is as sure as a longer one. */
const ENOUGH = 200
/** Workers end jobs in bursts; of less than this, a burst is all that would be seen. */
const SHORTEST_MS = 5000

const Reply = z.union([
  z.tuple([z.number(), z.coerce.number(), z.coerce.number()]),
  z.tuple([]).transform(() => null),
])

/** How fast the queue was worked off of late, seen from `now`; null if nothing tells. */
export async function readRate(redis: Redis, keys: QueueKeys, now: Date): Promise<WorkRate | null> {
  const reply = Reply.parse(
    await runScript(
      redis,
      scripts.rate,
      [keys.completed, keys.failed, keys.meta],
      [now.getTime(), ENOUGH, ...SPANS_MS],
    ),
  )
  if (reply === null) return null
  const [over, from, to] = reply
  const sinceMs = to - from
  if (over === 0 || sinceMs < SHORTEST_MS) return null
  return { perMinute: (over * MINUTE_MS) / sinceMs, over, sinceMs }
}
