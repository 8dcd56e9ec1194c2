import { setTimeout as sleep } from 'node:timers/promises'

import { Worker as Worker6 } from 'bullmq'
import { Worker as Worker5 } from 'bullmq-v5'
import { Redis } from 'ioredis'

import { ERROR_OF, faultKey, LIVE, POISON, runsKey, type Fault } from './faults.ts'

/** How long a job takes. */
const WELL_MS = 20
const SLOW_MS = 8_000
/** So that what a kill left with a worker is run again within seconds, by BullMQ's own check. */
const LOCKS = { lockDuration: 5_000, stalledInterval: 3_000, maxStalledCount: 100 }
const RETRY_MS = 500

const [major = '', port = '', notesUrl = '', queue = '', concurrency = ''] = process.argv.slice(2)
const notes = new Redis(notesUrl)

async function work({ id, name }: { readonly id?: string; readonly name: string }): Promise<void> {
  const key = runsKey(queue)
  const runs = name === LIVE ? await notes.llen(key) : await notes.rpush(key, `${id}`)
  const { kind, after } = JSON.parse((await notes.get(faultKey(queue))) ?? '{}') as Partial<Fault>
  const fault = runs > (after ?? 0) ? kind : 'none'
  if (fault === 'gone') process.kill(process.pid, 'SIGKILL')
  await sleep(fault === 'slow' && name !== LIVE ? SLOW_MS : WELL_MS)
  if (name === POISON) throw new Error(ERROR_OF.poison)
  if (fault === 'broken') throw new Error(ERROR_OF.broken)
  if (fault === 'overload' && name === LIVE) throw new Error(ERROR_OF.overload)
}

const connection = {
  host: '127.0.0.1',
  port: Number(port),
  maxRetriesPerRequest: null,
  retryStrategy: () => RETRY_MS,
}
const options = { connection, concurrency: Number(concurrency), ...LOCKS }
const worker = major === '5' ? new Worker5(queue, work, options) : new Worker6(queue, work, options)
// It tells of a connection or a lock that it lost; what that led to is judged by what is left.
worker.on('error', () => undefined)
await worker.waitUntilReady()
process.send?.('ready')
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
