import { setTimeout as sleep } from 'node:timers/promises'

import type { Pool } from 'pg'

import { requestCheck } from '../usecases/audit/request-anchor.ts'
import type { Deps } from '../usecases/deps.ts'
import { startTicks, type Ticks } from './clock.ts'
import { startWork, type Handlers, type WorkRunner } from './runner.ts'
import { createTicks } from './ticks.ts'

export interface EngineOptions {
  readonly pool: Pool
  readonly handlers: Handlers
  readonly deps: Deps
  /** Brings the database to this version; tried again until it succeeds. */
  readonly prepare: () => Promise<unknown>
}

export interface Engine {
  /** Durable jobs are being taken. */
  isRunning(): boolean
  stop(deadlineMs: number): Promise<void>
}

const WORK_AT_ONCE = 8
const RETRY_MS = 1_000

/** Durable work and timers: they begin once the database is there and prepared, however long that takes. */
export function startEngine({ pool, handlers, deps, prepare }: EngineOptions): Engine {
  const { log, clock, store } = deps
  const stopping = new AbortController()
  let work: WorkRunner | null = null
  let ticks: Ticks | null = null

  const begin = async (): Promise<void> => {
    await prepare()
    if (stopping.signal.aborted) return
    work = startWork({ pool, handlers, concurrency: WORK_AT_ONCE, log })
    const claim = (key: string, at: Date): Promise<boolean> => store.now.control.claim(key, at)
    ticks = startTicks({ ticks: createTicks(deps), claim, clock, log })
    // Whatever happened to the database meanwhile: the trail is looked at right away.
    await requestCheck(store.now)
  }
  const begun = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        return await begin()
      } catch (error) {
        log.warn({ event: 'database.away', err: error }, 'the database is not ready yet')
        await sleep(RETRY_MS, null, { signal: stopping.signal }).catch(() => null)
      }
    }
  })()
  return {
    isRunning: () => work !== null && !stopping.signal.aborted,
    async stop(deadlineMs) {
      stopping.abort()
      await begun
      await ticks?.stop()
      await work?.stop(deadlineMs)
    },
  }
}
