import { FlowProducer as Flow6, Queue as Queue6, Worker as Worker6 } from 'bullmq'
import { FlowProducer as Flow4, Queue as Queue4, Worker as Worker4 } from 'bullmq-v4'
import { FlowProducer as Flow5, Queue as Queue5, Worker as Worker5 } from 'bullmq-v5'
import type { Redis } from 'ioredis'

import type { JobState } from '../../src/domain/job.ts'
import { encodeContent } from '../../src/queues/bullmq/jobs/content.ts'
import type { Flavour } from './bullmq-flavours.ts'

/** A job as BullMQ's own classes show it to a worker. */
export type SeenJob = Readonly<Record<string, unknown>> & { readonly id: string }

interface AnyJob {
  readonly id?: string | undefined
  toJSON(): unknown
  log(line: string): Promise<unknown>
  updateProgress(progress: object): Promise<unknown>
}

/** What the classes of all majors have in common. */
interface AnyWorker {
  on(event: 'error', listener: () => void): unknown
  waitUntilReady(): Promise<unknown>
  close(force: boolean): Promise<void>
}

const seen = (job: AnyJob): SeenJob => {
  const fields: Record<string, unknown> = JSON.parse(JSON.stringify(job.toJSON()))
  return { ...fields, id: String(job.id) }
}

const connectionTo = (port: number) => ({ host: '127.0.0.1', port, maxRetriesPerRequest: null })

/** A worker that shows its jobs whole; it writes a log line and a progress for each, and fails where `process` throws. */
export async function openSeeingWorker(
  flavour: Flavour,
  queue: string,
  port: number,
  process: (job: SeenJob) => Promise<void> | void,
  concurrency = 1,
): Promise<{ close(): Promise<void> }> {
  const options = { connection: connectionTo(port), concurrency, drainDelay: 1 }
  const run = async (job: AnyJob) => {
    await job.log(`began ${job.id}`)
    await job.updateProgress({ half: 0.5 })
    await process(seen(job))
  }
  const open: Record<Flavour, () => AnyWorker> = {
    v4: () => new Worker4(queue, run, options),
    v5: () => new Worker5(queue, run, options),
    v6: () => new Worker6(queue, run, options),
  }
  const worker = open[flavour]()
  worker.on('error', () => undefined)
  await worker.waitUntilReady()
  return { close: () => worker.close(false) }
}

/** What a producer of this version can do beside adding in bulk. */
export interface OwnQueue {
  add(name: string, data: unknown, opts?: Readonly<Record<string, unknown>>): Promise<string>
  /** BullMQ's own retry of one failed job. */
  retry(id: string): Promise<void>
  /** BullMQ's own change of one job's priority. */
  changePriority(id: string, priority: number): Promise<void>
  get(id: string): Promise<SeenJob>
  pause(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

export function openOwnQueue(flavour: Flavour, queue: string, port: number): OwnQueue {
  const options = { connection: connectionTo(port) }
  const open = {
    v4: () => new Queue4(queue, options),
    v5: () => new Queue5(queue, options),
    v6: () => new Queue6(queue, options),
  }
  const opened = open[flavour]()
  opened.on('error', () => undefined)
  const found = async (id: string) => {
    const job = await opened.getJob(id)
    if (job === undefined) throw new Error(`no job ${id}`)
    return job
  }
  return {
    add: async (name, data, opts) => String((await opened.add(name, data, { ...opts })).id),
    retry: async (id) => (await found(id)).retry('failed'),
    changePriority: async (id, priority) => (await found(id)).changePriority({ priority }),
    get: async (id) => seen(await found(id)),
    pause: () => opened.pause(),
    resume: () => opened.resume(),
    close: () => opened.close(),
  }
}

/** Adds a parent with one child that is tried once; gives both ids. */
export async function addFlow(
  flavour: Flavour,
  port: number,
  {
    parent,
    child,
    opts,
  }: { readonly parent: string; readonly child: string; readonly opts: object },
): Promise<{ readonly parentId: string; readonly childId: string }> {
  const options = { connection: connectionTo(port) }
  const open = {
    v4: () => new Flow4(options),
    v5: () => new Flow5(options),
    v6: () => new Flow6(options),
  }
  const flow = open[flavour]()
  const { job, children } = await flow.add({
    name: 'parent',
    queueName: parent,
    children: [{ name: 'child', queueName: child, data: {}, opts: { ...opts } }],
  })
  await flow.close()
  return { parentId: String(job.id), childId: String(children?.[0]?.job.id) }
}

/** Takes a job out of its queue by hand, as the vault would have it. */
export async function lift(
  raw: Redis,
  queue: string,
  state: JobState,
  id: string,
): Promise<{ readonly content: string; readonly fields: ReadonlyMap<string, string> }> {
  const base = `bull:${queue}:`
  const score = state === 'waiting' ? null : await raw.zscore(base + state, id)
  const hash = await raw.hgetallBuffer(base + id)
  const logs = await raw.lrangeBuffer(`${base}${id}:logs`, 0, -1)
  await Promise.all([
    state === 'waiting' ? raw.lrem(`${base}wait`, 0, id) : raw.zrem(base + state, id),
    raw.del(base + id, `${base}${id}:logs`),
  ])
  const fields = Object.entries(hash)
  return {
    content: encodeContent({ state, score, fields, logs }),
    fields: new Map(fields.map(([name, value]) => [name, value.toString('base64')])),
  }
}
