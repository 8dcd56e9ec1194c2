import { once } from 'node:events'
import { createServer } from 'node:http'

import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'

import { milliseconds } from './measure.ts'

const STATES = [
  'waiting',
  'active',
  'delayed',
  'prioritized',
  'failed',
  'completed',
  'waiting-children',
] as const

/** BullMQ refuses colons in names; with what stands before the last one in the prefix the keys are the same. */
function repaired(queue: string): { readonly name: string; readonly prefix: string } {
  const colon = queue.lastIndexOf(':')
  return colon < 0
    ? { name: queue, prefix: 'bull' }
    : { name: queue.slice(colon + 1), prefix: `bull:${queue.slice(0, colon)}` }
}

const quiet = (queue: Queue): Queue => queue.on('error', () => undefined)

/** The script that on-call people run: find the queues by KEYS, then a Queue for each, one after the other. */
export async function runbook(raw: Redis, port: number, queues: readonly string[]) {
  const discoveryMs = await milliseconds(() => raw.keys('bull:*:meta'))
  const countsMs = await milliseconds(async () => {
    for (const each of queues) {
      const { name, prefix } = repaired(each)
      const queue = quiet(new Queue(name, { prefix, connection: { host: '127.0.0.1', port } }))
      await queue.getJobCounts(...STATES)
      await queue.close()
    }
  })
  return { discoveryMs, countsMs }
}

/** A Queue object for each, made beforehand, on one shared connection. */
export function openLiveQueues(port: number, names: readonly string[]) {
  const connection = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null })
  connection.setMaxListeners(0)
  const queues = names.map((each) => {
    const { name, prefix } = repaired(each)
    return quiet(new Queue(name, { prefix, connection, skipMetasUpdate: true }))
  })
  return {
    queues,
    counts: () => Promise.all(queues.map((queue) => queue.getJobCounts(...STATES))),
    async close() {
      await Promise.all(queues.map((queue) => queue.close()))
      connection.disconnect()
    },
  }
}

/** bull-board's own API over HTTP, on the same live queues. */
export async function openBullBoard(queues: readonly Queue[]) {
  const serverAdapter = new ExpressAdapter()
  createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter })
  const server = createServer(serverAdapter.getRouter())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    async list() {
      const response = await fetch(`http://127.0.0.1:${port}/api/queues`)
      if (!response.ok) throw new Error(`bull-board answered ${response.status}`)
      await response.arrayBuffer()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
