import { schedule } from 'node-cron'

import type { Clock, Log } from '../domain/ports/runtime.ts'

export interface Tick {
  /** Names the tick's slots in the database: keep it when the schedule changes. */
  readonly name: string
  /** Five fields, or six with seconds first; in UTC. */
  readonly cron: string
  run(): Promise<void>
}

export interface TickOptions {
  readonly ticks: readonly Tick[]
  /** True for the one replica that may run the slot; throws when the database is away. */
  readonly claim: (key: string, at: Date) => Promise<boolean>
  readonly clock: Clock
  readonly log: Log
}

export interface Ticks {
  /** No more ticks; resolves when those that run have ended. Never rejects. */
  readonly stop: () => Promise<void>
}

/**
 * Runs each tick by its schedule, in one replica per slot, never two of the same at once. A slot that
 * cannot be claimed, or whose replica dies, is lost: a tick looks for what is due, whenever it runs.
 */
export function startTicks({ ticks, claim, clock, log }: TickOptions): Ticks {
  const running = new Set<Promise<void>>()
  let isStopped = false
  const logger = engineLogger(log)
  const tasks = ticks.map((tick) =>
    schedule(tick.cron, () => start(tick), {
      name: tick.name,
      timezone: 'UTC',
      noOverlap: true,
      distributed: true,
      runCoordinator: { shouldRun: (key) => claimSlot(key) },
      logger,
    }),
  )

  // A slot that was claimed just before the end still comes here after it.
  const start = (tick: Tick): Promise<void> =>
    isStopped ? Promise.resolve() : tracked(running, runTick(tick, log))

  const claimSlot = async (key: string): Promise<boolean> => {
    try {
      return await claim(key, clock.now())
    } catch (error) {
      log.warn({ slot: key, err: error }, 'timer slot skipped: it could not be claimed')
      return false
    }
  }

  return {
    stop: async () => {
      isStopped = true
      for (const task of tasks) await task.destroy()
      await Promise.all(running)
    },
  }
}

async function runTick(tick: Tick, log: Log): Promise<void> {
  try {
    await tick.run()
  } catch (error) {
    log.error({ tick: tick.name, err: error }, 'tick failed; its next slot tries again')
  }
}

function tracked(running: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  running.add(work)
  return work.finally(() => running.delete(work))
}

/** node-cron tells of skipped and late slots in plain words, which is of interest only when debugging. */
function engineLogger(
  log: Log,
): Record<'info' | 'warn' | 'error' | 'debug', (words: unknown) => void> {
  const say = (words: unknown): void => log.debug({ engine: 'node-cron' }, String(words))
  return { info: say, warn: say, error: say, debug: say }
}
