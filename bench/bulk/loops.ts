import { Queue, type Job } from 'bullmq'
import type pg from 'pg'

/** What on-call people do today, and what BullMQ itself offers: each resolves to how many jobs it dealt with. */
export interface Loops {
  /** Every failed job: into PostgreSQL, then out of the queue. */
  quarantine(): Promise<number>
  /** Every job that `quarantine` stored: into the queue, then out of PostgreSQL. */
  release(): Promise<number>
  /** Every failed job whose error matches. */
  retry(error: RegExp): Promise<number>
  /** Waiting jobs of this type, oldest first; not more than `most`. They are gone. */
  remove(type: string, most: number): Promise<number>
  /** By calls that take many at once. None of them knows a filter. */
  readonly own: {
    retry(): Promise<number>
    /** The jobs are gone. */
    clean(): Promise<number>
    /** A thousand at once, without what a job went through. */
    addBulk(jobs: number): Promise<number>
    /** Everything that waits is gone. */
    drain(): Promise<number>
  }
  close(): Promise<void>
}

const PAGE = 1_000

export const DEAD_LETTERS = `
  create table if not exists dead_letter (
    id bigint generated always as identity primary key, job_id text, name text, data jsonb, opts jsonb,
    reason text, stack jsonb, attempts integer)`

/** On one queue, whose table of dead letters the database has. */
export function openLoops(port: number, name: string, client: pg.Client): Loops {
  const queue = new Queue(name, { connection: { host: '127.0.0.1', port } })
  return {
    async quarantine() {
      const jobs = await queue.getFailed()
      for (const job of jobs) {
        await store(client, job)
        await job.remove()
      }
      return jobs.length
    },
    async release() {
      const { rows } = await client.query(
        'select id, name, data, opts from dead_letter order by id',
      )
      for (const { id, name: type, data, opts } of rows) {
        await queue.add(type, data, opts)
        await client.query('delete from dead_letter where id = $1', [id])
      }
      return rows.length
    },
    async retry(error) {
      const jobs = (await queue.getFailed()).filter((job) => error.test(job.failedReason))
      for (const job of jobs) await job.retry()
      return jobs.length
    },
    async remove(type, most) {
      let removed = 0
      // What was removed is no longer before the next page.
      for (let from = 0; removed < most;) {
        const page = await queue.getJobs(['waiting'], from, from + PAGE - 1, true)
        const meant = page.filter((job) => job.name === type).slice(0, most - removed)
        for (const job of meant) await job.remove()
        removed += meant.length
        from += page.length - meant.length
        if (page.length === 0) break
      }
      return removed
    },
    own: ownCalls(queue),
    close: () => queue.close(),
  }
}

const ownCalls = (queue: Queue): Loops['own'] => ({
  async retry() {
    const { failed = 0 } = await queue.getJobCounts('failed')
    await queue.retryJobs({ count: PAGE })
    return failed
  },
  async clean() {
    let cleaned = 0
    for (let ids = ['']; ids.length > 0; cleaned += ids.length)
      ids = await queue.clean(0, PAGE, 'failed')
    return cleaned
  },
  async addBulk(jobs) {
    for (let added = 0; added < jobs; added += PAGE) {
      const size = Math.min(PAGE, jobs - added)
      const bulk = Array.from({ length: size }, (_, n) => ({
        name: 'type-1',
        data: { n: added + n, text: 'x'.repeat(280) },
        opts: { attempts: 3 },
      }))
      await queue.addBulk(bulk)
    }
    return jobs
  },
  async drain() {
    const { waiting = 0 } = await queue.getJobCounts('waiting')
    await queue.drain()
    return waiting
  },
})

async function store(client: pg.Client, job: Job): Promise<void> {
  await client.query(
    `insert into dead_letter (job_id, name, data, opts, reason, stack, attempts)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      job.id,
      job.name,
      JSON.stringify(job.data),
      JSON.stringify(job.opts),
      job.failedReason,
      JSON.stringify(job.stacktrace),
      job.attemptsMade,
    ],
  )
}
