import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'

interface FailedKind {
  readonly type: string
  readonly error?: string
}

/** Jobs as a worker left them that gave up; their ids begin with the type. */
export async function failJobs(
  client: Redis,
  queue: string,
  count: number,
  { type, error = 'connect ETIMEDOUT 10.0.0.1:443' }: FailedKind,
): Promise<void> {
  const since = Date.now() - 60_000
  for (let from = 0; from < count; from += 2000) {
    const writing = client.pipeline()
    for (let n = from; n < Math.min(count, from + 2000); n += 1) {
      const id = `${type}-${n}`
      const at = since + (n % 50_000)
      writing
        .hset(`bull:${queue}:${id}`, fieldsOf(id, type, error, at))
        .zadd(`bull:${queue}:failed`, at, id)
    }
    await writing.exec()
  }
}

const fieldsOf = (id: string, type: string, error: string, at: number) => ({
  name: type,
  data: JSON.stringify({ password: 'hunter2', id }),
  opts: '{"attempts":3}',
  timestamp: String(at - 1000),
  delay: '0',
  priority: '0',
  processedOn: String(at - 10),
  finishedOn: String(at),
  atm: '3',
  ats: '3',
  failedReason: error,
  stacktrace: JSON.stringify([`Error: ${error}\n    at send (/app/mail.js:3:1)`]),
})

/** Waiting jobs as a producer adds them; every second one is a `digest`, the others `send`. */
export async function queueJobs(
  { port }: { readonly port: number },
  queue: string,
  count: number,
): Promise<void> {
  const jobs = new Queue(queue, { connection: { host: '127.0.0.1', port } })
  const data = { password: 'hunter2' }
  await jobs.addBulk(
    Array.from({ length: count }, (_, n) => ({ name: n % 2 === 0 ? 'send' : 'digest', data })),
  )
  await jobs.close()
}

/** Ids that a queue has in one state, in their order there. */
export const idsIn = (
  client: Redis,
  queue: string,
  state: 'wait' | 'paused' | 'failed' | 'completed' | 'delayed' | 'prioritized',
): Promise<string[]> =>
  state === 'wait' || state === 'paused'
    ? client.lrange(`bull:${queue}:${state}`, 0, -1)
    : client.zrange(`bull:${queue}:${state}`, '0', '-1')

/** Every failed job of a queue with all that Redis has of it, and its place. */
export async function wholeJobs(client: Redis, queue: string): Promise<readonly unknown[]> {
  const places = await client.zrange(`bull:${queue}:failed`, '0', '-1', 'WITHSCORES')
  const jobs: unknown[] = []
  for (let n = 0; n < places.length; n += 2)
    jobs.push([places[n], places[n + 1], await client.hgetall(`bull:${queue}:${places[n]}`)])
  return jobs
}
