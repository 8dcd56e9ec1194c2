import {
  createRedisBackend,
  Queue,
  Worker,
  type BackendFactory,
  type RedisQueueBackend,
} from 'bullmq'

import { CONCURRENCY, JOB_OPTIONS, runCrew, type OpenBench } from './crew.ts'

/** BullMQ 6 refuses colons in a name, not in the backend's: the keys are those of older majors. */
const aliasOf = (name: string): string => name.replaceAll(':', '-')

const ignore = (): void => {}

const open: OpenBench = (name, connection, work) => {
  const withColons: BackendFactory<RedisQueueBackend> = (_alias, options, more) =>
    createRedisBackend(name, options, more)
  const queue = new Queue(aliasOf(name), { connection }, withColons)
  const worker = new Worker(
    aliasOf(name),
    work,
    { connection, concurrency: CONCURRENCY },
    withColons,
  )
  // Without a listener a lost connection would end the process.
  queue.on('error', ignore)
  worker.on('error', ignore)
  return {
    async add(type, payloads) {
      await queue.addBulk(payloads.map((data) => ({ name: type, data, opts: JOB_OPTIONS })))
    },
    async close() {
      await worker.close(true)
      await queue.close()
    },
  }
}

await runCrew(open)
