import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq-v5'

import { note } from '../checker/ledgers.ts'

/** `both` is written and worked by BullMQ 5 and 6 at once. */
export const QUEUES = ['five', 'six', 'both'] as const

export interface Crew {
  /** No more jobs are added; workers go on. */
  rest(): Promise<void>
  close(): Promise<void>
}

const EVERY_MS = 40
/** Long enough for every event of a run, so that the checker sees each pause. */
const EVENTS = { streams: { events: { maxLen: 200_000 } } }

/** Producers and workers of two majors. Each added and each finished job is a line in a ledger. */
export function startCrew(url: string, ledgers: string): Crew {
  const connection = { url, maxRetriesPerRequest: null }
  const work = (queue: string) => async (job: { readonly id?: string | undefined }) => {
    await sleep(2)
    note(ledgers, 'finished', `${queue} ${job.id}`)
  }
  const members = [
    { queue: 'five', add: new Queue5('five', { connection, ...EVENTS }) },
    { queue: 'six', add: new Queue6('six', { connection, ...EVENTS }) },
    { queue: 'both', add: new Queue5('both', { connection, ...EVENTS }) },
    { queue: 'both', add: new Queue6('both', { connection, ...EVENTS }) },
  ]
  const workers = [
    new Worker5('five', work('five'), { connection }),
    new Worker6('six', work('six'), { connection }),
    new Worker5('both', work('both'), { connection }),
    new Worker6('both', work('both'), { connection }),
  ]
  const resting = new AbortController()
  const producing = members.map(async ({ queue, add }) => {
    while (!resting.signal.aborted) {
      const jobId = randomUUID()
      await add.add('work', { jobId }, { jobId })
      note(ledgers, 'added', `${queue} ${jobId}`)
      await sleep(EVERY_MS)
    }
  })
  const rest = async (): Promise<void> => {
    resting.abort()
    await Promise.all(producing)
  }
  return {
    rest,
    async close() {
      await rest()
      await Promise.all([...workers, ...members.map(({ add }) => add)].map((one) => one.close()))
    },
  }
}
