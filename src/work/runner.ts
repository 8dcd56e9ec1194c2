import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { run, type Runner, type TaskList } from 'graphile-worker'
import type { Pool } from 'pg'

import type { Log } from '../domain/ports/runtime.ts'
import type { TaskName, Tasks } from '../domain/ports/store.ts'
import { engineLogger } from './engine-log.ts'
import { payloads } from './payloads.ts'

export type Handlers = { readonly [K in TaskName]: (payload: Tasks[K]) => Promise<void> }

export interface WorkOptions {
  /** Of the application role. One connection waits for new work, the others are used for an instant per job. */
  readonly pool: Pool
  readonly handlers: Handlers
  /** Jobs at once in this process. */
  readonly concurrency: number
  readonly log: Log
}

export interface WorkRunner {
  /**
   * Takes no more jobs, waits for those that run, at most `deadlineMs`; then hands them back to the
   * database, to be run again elsewhere. Never rejects.
   */
  readonly stop: (deadlineMs: number) => Promise<void>
}

const RESTART_MS = 1000

/**
 * Runs the durable jobs until stopped. Needs no database to start: while PostgreSQL is away it keeps
 * trying, and goes on with what is due when it is back. A job runs at least once; one that throws is
 * tried again later.
 */
export function startWork({ pool, handlers, concurrency, log }: WorkOptions): WorkRunner {
  const stopping = new AbortController()
  const taskList = tasksOf(handlers)
  /** Under which names this process has locked jobs. */
  const lockers: string[] = []
  let current: Runner | null = null

  const runOnce = async (): Promise<void> => {
    // What a lost connection left locked by us would otherwise rest for four hours.
    await unlock(pool, lockers)
    const events = new EventEmitter()
    events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) =>
      lockers.push(workerPool.id),
    )
    current = await run({
      pgPool: pool,
      taskList,
      concurrency,
      events,
      logger: engineLogger(log),
      noHandleSignals: true,
      // Without batches the engine does not await the mark that a job is done: were PostgreSQL away at
      // that moment, the unhandled rejection would end this process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    })
    if (stopping.signal.aborted) await current.stop()
    await current.promise
  }

  const keepRunning = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await runOnce().catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'work engine lost its database')
      })
      current = null
      await sleep(RESTART_MS, null, { signal: stopping.signal }).catch(() => null)
    }
  }

  const ended = keepRunning()
  return {
    stop: async (deadlineMs) => {
      stopping.abort()
      current?.stop().catch(() => null) // rejects when it is ending already
      const isLate = sleep(deadlineMs, 'late', { ref: false })
      if ((await Promise.race([ended, isLate])) !== 'late') return
      log.warn({ deadlineMs }, 'jobs still run at the deadline; they are handed back')
      await unlock(pool, lockers).catch((error: unknown) =>
        log.warn({ err: error }, 'jobs could not be handed back; the sweep finds them'),
      )
    },
  }
}

async function unlock(pool: Pool, lockers: string[]): Promise<void> {
  if (lockers.length === 0) return
  await pool.query('select graphile_worker.force_unlock_workers($1)', [lockers])
  lockers.length = 0
}

const tasksOf = (handlers: Handlers): TaskList =>
  ({
    process_delivery: (raw) => handlers.process_delivery(payloads.process_delivery.parse(raw)),
    open_room: (raw) => handlers.open_room(payloads.open_room.parse(raw)),
    deliver_messages: (raw) => handlers.deliver_messages(payloads.deliver_messages.parse(raw)),
    execute_plan: (raw) => handlers.execute_plan(payloads.execute_plan.parse(raw)),
    end_hold: (raw) => handlers.end_hold(payloads.end_hold.parse(raw)),
    verify_recovery: (raw) => handlers.verify_recovery(payloads.verify_recovery.parse(raw)),
    anchor_audit: (raw) => handlers.anchor_audit(payloads.anchor_audit.parse(raw)),
    verify_audit: (raw) => handlers.verify_audit(payloads.verify_audit.parse(raw)),
  }) satisfies Record<TaskName, (raw: unknown) => Promise<unknown>>
