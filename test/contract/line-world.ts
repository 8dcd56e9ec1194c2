import type { JobEnd } from '../../src/domain/job.ts'
import type { PauseStyle } from '../../src/domain/pause.ts'
import type { Destination, Guard, PutJob } from '../../src/domain/ports/job-operator.ts'
import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { openSlice } from '../../src/queues/bullmq/jobs/guard.ts'
import type { LineOf } from '../../src/queues/bullmq/jobs/line.ts'
import { putJobs } from '../../src/queues/bullmq/jobs/put.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually } from '../helpers/eventually.ts'
import type { Flavour } from './bullmq-flavours.ts'
import { openBullmqWorld, type BullmqWorld } from './bullmq-world.ts'
import { openOwnQueue, openSeeingWorker, type OwnQueue, type SeenJob } from './seen-jobs.ts'

export const guard = (fence = 1): Guard => ({ planId: 'plan', fence, slice: 0 })

export const RUN: Destination = { how: 'run', resetsAttempts: false, isElsewhere: false }
export const AS_IT_WAS: Destination = { ...RUN, how: 'as_it_was' }

/** A BullMQ world for what puts jobs in line. */
export interface LineWorld extends BullmqWorld {
  own(flavour: Flavour, queue: string): OwnQueue
  /** A queue as the changes get it; `style` is how it is paused. */
  lineOf(queue: string, style: PauseStyle): LineOf
  /** The same with its slice opened, as an attempt has it. */
  opened(queue: string, by: Guard, style?: PauseStyle): Promise<LineOf>
  put(
    queue: string,
    jobs: readonly PutJob[],
    destination: Destination,
    by?: Guard,
    style?: PauseStyle,
  ): Promise<readonly JobEnd[]>
  /** Lets a worker of this version fail the queue's jobs until so many have failed for good. */
  failAll(flavour: Flavour, queue: string, jobs: number): Promise<void>
  /** Lets one worker work on so many jobs; gives them in the order in which it took them. */
  worked(flavour: Flavour, queue: string, jobs: number): Promise<readonly SeenJob[]>
}

export async function openLineWorld(): Promise<LineWorld> {
  const world = await openBullmqWorld()
  const { raw, server } = world
  const own: OwnQueue[] = []
  const lineOf = (queue: string, style: PauseStyle): LineOf => ({
    connection: { run: (use) => use(raw), close: () => Promise.resolve() },
    keys: queueKeys('bull', queue),
    pauseStyle: () => Promise.resolve(style),
  })
  const opened = async (queue: string, by: Guard, style: PauseStyle = 'list'): Promise<LineOf> => {
    const line = lineOf(queue, style)
    await openSlice(line, by)
    return line
  }
  return {
    ...world,
    own(flavour, queue) {
      const queueOf = openOwnQueue(flavour, queue, server.port)
      own.push(queueOf)
      return queueOf
    },
    lineOf,
    opened,
    put: async (queue, jobs, destination, by = guard(), style = 'list') =>
      putJobs(await opened(queue, by, style), by, learnPace(), jobs, destination, new Date()),
    async failAll(flavour, queue, jobs) {
      const worker = await openSeeingWorker(flavour, queue, server.port, () => {
        throw new Error('no')
      })
      const { failed } = queueKeys('bull', queue)
      await eventually('all failed', async () => (await raw.zcard(failed)) === jobs)
      await worker.close()
    },
    async worked(flavour, queue, jobs) {
      const taken: SeenJob[] = []
      const worker = await openSeeingWorker(flavour, queue, server.port, (job) => {
        taken.push(job)
      })
      await eventually('all worked', () => taken.length >= jobs)
      await worker.close()
      return taken
    },
    async close() {
      await Promise.all(own.map((queue) => queue.close()))
      await world.close()
    },
  }
}
