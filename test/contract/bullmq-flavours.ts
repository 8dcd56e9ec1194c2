import { Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { Queue as Queue4, Worker as Worker4 } from 'bullmq-v4'
import { Queue as Queue5, Worker as Worker5 } from 'bullmq-v5'

/** The majors whose producers and workers are found in the field. */
export const FLAVOURS = ['v4', 'v5', 'v6'] as const
export type Flavour = (typeof FLAVOURS)[number]

export interface JobSpec {
  readonly name: string
  readonly data: unknown
  readonly opts?: {
    readonly priority?: number
    readonly delay?: number
    readonly lifo?: boolean
    readonly attempts?: number
    readonly removeOnComplete?: boolean
    readonly jobId?: string
    readonly deduplication?: { readonly id: string }
  }
}

/** A queue or worker of the user's, as far as the tests drive it. */
export interface ForeignQueue {
  addBulk(jobs: readonly JobSpec[]): Promise<readonly string[]>
  pause(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

/** What the queue classes of all majors have in common. */
interface AnyQueue {
  on(event: 'error', listener: () => void): unknown
  addBulk(
    jobs: { name: string; data: unknown; opts: NonNullable<JobSpec['opts']> }[],
  ): Promise<{ id?: string | undefined }[]>
  pause(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

interface AnyWorker {
  on(event: 'error', listener: () => void): unknown
  waitUntilReady(): Promise<unknown>
  close(force: boolean): Promise<void>
}

export interface ForeignWorker {
  close(): Promise<void>
}

const connectionTo = (port: number) => ({ host: '127.0.0.1', port, maxRetriesPerRequest: null })

/** From 5.12 on a name must have no colon; the prefix takes what stands before the last one: the keys are the same. */
function named(
  flavour: Flavour,
  queue: string,
): { readonly name: string; readonly prefix: string } {
  const colon = flavour === 'v4' ? -1 : queue.lastIndexOf(':')
  return colon < 0
    ? { name: queue, prefix: 'bull' }
    : { name: queue.slice(colon + 1), prefix: `bull:${queue.slice(0, colon)}` }
}

export function openForeignQueue(flavour: Flavour, queue: string, port: number): ForeignQueue {
  const { name, prefix } = named(flavour, queue)
  const options = { connection: connectionTo(port), prefix }
  const open: Record<Flavour, () => AnyQueue> = {
    v4: () => new Queue4(name, options),
    v5: () => new Queue5(name, options),
    v6: () => new Queue6(name, options),
  }
  const opened = open[flavour]()
  opened.on('error', () => undefined)
  return {
    async addBulk(jobs) {
      const added = await opened.addBulk(jobs.map((job) => ({ ...job, opts: { ...job.opts } })))
      return added.map(({ id }) => String(id))
    },
    pause: () => opened.pause(),
    resume: () => opened.resume(),
    close: () => opened.close(),
  }
}

/** A worker that hands every job's id to `process`, ten at a time; unless woken it sleeps `drainDelay` seconds. */
export function openForeignWorker(
  flavour: Flavour,
  queue: string,
  port: number,
  process: (id: string) => Promise<void>,
  drainDelay = 1,
): ForeignWorker {
  const { name, prefix } = named(flavour, queue)
  const options = { connection: connectionTo(port), prefix, concurrency: 10, drainDelay }
  const run = (job: { readonly id?: string | undefined }) => process(String(job.id))
  const open: Record<Flavour, () => AnyWorker> = {
    v4: () => new Worker4(name, run, options),
    v5: () => new Worker5(name, run, options),
    v6: () => new Worker6(name, run, options),
  }
  const opened = open[flavour]()
  opened.on('error', () => undefined)
  return {
    async close() {
      // One that is closed while it still connects leaves a rejection that nobody handles.
      await opened.waitUntilReady()
      await opened.close(true)
    },
  }
}
