import type { Redis } from 'ioredis'

/** Jobs per script call; the server is ours, so it may block. */
const BATCH = 2_000
const TYPES = 8
/** Enough different payloads, so that no cache and no compression has it too easy. */
const PAYLOADS = 256

/**
 * Jobs as BullMQ 5 and 6 and their workers leave them, field by field. Of eight jobs in a row each has another
 * type, in an order that differs from row to row.
 */
const ADD_JOBS = `
local base, place, first, count, now = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local payloads, stacks = #ARGV - 6, tonumber(ARGV[5])
for n = first, first + count - 1 do
  local id, key = tostring(n), base .. n
  local row = math.floor((n - 1) / ${TYPES})
  redis.call('HSET', key, 'name', 'type-' .. ((n + row * 5 + row % 3) % ${TYPES}),
    'data', ARGV[7 + (n * 7) % payloads], 'opts', '{"attempts":' .. stacks .. '}', 'timestamp', now - n, 'delay', 0, 'priority', 0)
  if place == 'wait' then
    redis.call('LPUSH', base .. 'wait', id)
  else
    local host = '10.0.' .. (n % 7) .. '.' .. (n % 251) .. ':443'
    local reasons = { 'connect ETIMEDOUT ' .. host, 'message ' .. n .. ' not sent: ETIMEDOUT after 30000 ms',
      'request to https://api.example/v1/send failed, reason: connect ETIMEDOUT ' .. host }
    local reason = reasons[n % 3 + 1]
    local stack = cjson.encode('Error: ' .. reason .. ARGV[6])
    local all = {}
    for try = 1, stacks do all[try] = stack end
    redis.call('HSET', key, 'failedReason', reason, 'stacktrace', '[' .. table.concat(all, ',') .. ']',
      'atm', stacks, 'ats', stacks, 'processedOn', now - 9, 'finishedOn', now)
    redis.call('ZADD', base .. 'failed', now - n, id)
  end
end
redis.call('SET', base .. 'id', first + count - 1)
redis.call('HSET', base .. 'meta', 'version', 'bullmq:6.7.0', 'opts.maxLenEvents', 10000)
`

const STACK = `
    at Gateway.request (/srv/app/dist/gateway/client.js:88:17)
    at send (/srv/app/dist/jobs/send.js:31:22)
    at async Worker.processJob (/srv/app/node_modules/bullmq/dist/cjs/classes/worker.js:578:21)
    at async Worker.mainLoop (/srv/app/node_modules/bullmq/dist/cjs/classes/worker.js:340:41)
    at async Worker.run (/srv/app/node_modules/bullmq/dist/cjs/classes/worker.js:272:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`

const WORDS =
  'order invoice welcome receipt parcel ready soon your from thank account code team'.split(' ')

/** Some 300 bytes of JSON. */
function payload(n: number): string {
  const text = Array.from({ length: 26 }, (_, at) => WORDS[(n * (at + 3) + at * at) % WORDS.length])
  return JSON.stringify({
    customer: n % 50,
    to: `+49170${String(n * 7919).padStart(7, '0')}`,
    template: `t-${n % 12}`,
    locale: 'de-DE',
    text: text.join(' '),
    trace: (n * 2_654_435_761).toString(16).padStart(16, '0'),
  })
}

export interface Seeding {
  readonly queue: string
  readonly place: 'failed' | 'wait'
  readonly count: number
  /** How often a job may be tried: a failed one keeps as many stacks. */
  readonly tries: number
}

/** Empties the server and fills one queue; of each type there is an eighth. */
export async function seedAfresh(
  redis: Redis,
  { queue, place, count, tries }: Seeding,
): Promise<void> {
  await redis.flushall()
  const now = Date.now()
  const payloads = Array.from({ length: PAYLOADS }, (_, n) => payload(n))
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done)
    const args = [place, done + 1, size, now, tries, STACK, ...payloads]
    await redis.eval(ADD_JOBS, 1, `bull:${queue}:`, ...args)
  }
}

/** How many bytes a job's hash holds, names of fields included. */
export async function jobBytes(redis: Redis, queue: string): Promise<number> {
  const fields = await redis.hgetall(`bull:${queue}:1`)
  return Buffer.byteLength(Object.entries(fields).flat().join(''))
}
