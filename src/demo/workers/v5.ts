import { Queue, Worker } from 'bullmq-v5'

import { CONCURRENCY, JOB_OPTIONS, runCrew, type OpenBench } from './crew.ts'

const ignore = (): void => {}

const open: OpenBench = (name, connection, work) => {
  const queue = new Queue(name, { connection })
  const worker = new Worker(name, work, { connection, concurrency: CONCURRENCY })
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
