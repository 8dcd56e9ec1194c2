import type { Redis } from 'ioredis'

/** Jobs per script call; the server is ours, so it may block. */
const BATCH = 2000
const PER_QUEUE = { delayed: 40, prioritized: 46 }

/** The keys of jobs as BullMQ 5 writes them: hash, place, counter. */
const ADD_JOBS = `
local base, place, first, count, now = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for n = first, first + count - 1 do
  local id, key = tostring(n), base .. n
  redis.call('HSET', key, 'name', 'type-' .. (n % 8), 'data', ARGV[5], 'opts', '{"attempts":3}',
    'timestamp', now - n, 'delay', 0, 'priority', 0)
  if place == 'wait' then
    redis.call('LPUSH', base .. 'wait', id)
  elseif place == 'failed' then
    redis.call('HSET', key, 'failedReason', 'connect ETIMEDOUT 10.0.0.' .. (n % 200), 'atm', 3, 'processedOn', now, 'finishedOn', now)
    redis.call('ZADD', base .. 'failed', now - n, id)
  elseif place == 'delayed' then
    redis.call('ZADD', base .. 'delayed', (now + 3600000) * 4096 + n, id)
  else
    redis.call('ZADD', base .. 'prioritized', 3 * 4294967296 + n, id)
  end
end
redis.call('SET', base .. 'id', first + count - 1)
redis.call('HSET', base .. 'meta', 'version', 'bullmq:5.79.4', 'opts.maxLenEvents', 10000)
`

/**
 * One queue with half of all jobs waiting, one with a tenth failed, the rest over queues with colons in
 * their names; every tenth is paused. Returns the names. Payloads have about 300 bytes.
 */
export async function seed(raw: Redis, queues: number, jobs: number): Promise<readonly string[]> {
  const small = Array.from({ length: Math.max(queues - 2, 0) }, (_, n) =>
    n < 300 ? `team-${n % 7}:channel-${n % 5}:queue-${n}` : `queue-${n}`,
  )
  const each = Math.floor((jobs * 0.4) / Math.max(small.length, 1))
  const delayed = Math.min(PER_QUEUE.delayed, Math.floor(each / 4))
  const prioritized = Math.min(PER_QUEUE.prioritized, Math.floor(each / 4))
  for (const [index, queue] of small.entries()) {
    await fill(raw, queue, 'wait', 1, each - delayed - prioritized)
    await fill(raw, queue, 'delayed', each - delayed - prioritized + 1, delayed)
    await fill(raw, queue, 'prioritized', each - prioritized + 1, prioritized)
    if (index % 10 === 0) await pauseAsFive(raw, queue)
  }
  const failed = Math.floor(jobs * 0.1)
  await fill(raw, 'big-failed', 'failed', 1, failed)
  await fill(raw, 'big-wait', 'wait', 1, jobs - failed - each * small.length)
  return ['big-wait', 'big-failed', ...small]
}

async function fill(
  raw: Redis,
  queue: string,
  place: string,
  first: number,
  count: number,
): Promise<void> {
  const data = JSON.stringify({ to: 'somebody', template: 'welcome', text: 'x'.repeat(250) })
  const now = Date.now()
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done)
    await raw.eval(ADD_JOBS, 1, `bull:${queue}:`, place, first + done, size, now, data)
  }
}

async function pauseAsFive(raw: Redis, queue: string): Promise<void> {
  await raw.rename(`bull:${queue}:wait`, `bull:${queue}:paused`)
  await raw.hset(`bull:${queue}:meta`, 'paused', 1)
}
