import { setTimeout as sleep } from 'node:timers/promises'

import { Queue as Queue6 } from 'bullmq'
import { Queue as Queue5 } from 'bullmq-v5'

import { LIVE, POISON } from './faults.ts'

/** Between two jobs that are no part of the replay. */
const LIVE_EVERY_MS = 25
/** Long enough for every event of a scenario, so that each stalled check is seen. */
const EVENTS = { streams: { events: { maxLen: 500_000 } } }
const BATCH = 500

/** Whoever adds jobs to one queue. */
export interface Producer {
  /** `poisonEvery`: one of so many cannot be processed; 0 for none. Resolves to the ids of all and of these. */
  add(jobs: number, poisonEvery: number): Promise<Added>
  /** Adds other jobs all the time, until it is closed. */
  keepAdding(): void
  close(): Promise<void>
}

export interface Added {
  readonly ids: readonly string[]
  readonly poison: ReadonlySet<string>
}

export function createProducer(major: 5 | 6, port: number, name: string): Producer {
  const options = { connection: { host: '127.0.0.1', port }, ...EVENTS }
  const queue = major === 5 ? new Queue5(name, options) : new Queue6(name, options)
  queue.on('error', () => undefined)
  const resting = new AbortController()
  let producing: Promise<void> = Promise.resolve()
  return {
    async add(jobs, poisonEvery) {
      const all = Array.from({ length: jobs }, (_, n) => ({
        name: poisonEvery > 0 && n % poisonEvery === poisonEvery >> 1 ? POISON : 'send',
        data: { n, text: 'x'.repeat(200) },
        opts: { jobId: `job-${n}` },
      }))
      for (let at = 0; at < all.length; at += BATCH) await queue.addBulk(all.slice(at, at + BATCH))
      const idsOf = (some: typeof all): readonly string[] => some.map(({ opts }) => opts.jobId)
      return {
        ids: idsOf(all),
        poison: new Set(idsOf(all.filter((job) => job.name === POISON))),
      }
    },
    keepAdding() {
      producing = (async () => {
        while (!resting.signal.aborted) {
          await queue.add(LIVE, {}).catch(() => undefined)
          await sleep(LIVE_EVERY_MS)
        }
      })()
    },
    async close() {
      resting.abort()
      await producing
      await queue.close()
    },
  }
}
