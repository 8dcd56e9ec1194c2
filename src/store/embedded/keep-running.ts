import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Log } from '../../domain/ports/runtime.ts'
import type { Server } from './server.ts'

const PAUSE_MS = 1000

export interface KeptServer {
  readonly pid: () => number
  readonly stop: () => Promise<void>
}

/**
 * Starts a server, and starts it again whenever it ends by itself (killed for want of memory, say), until
 * stopped. Rejects if the first start fails; later failures are logged and tried again.
 */
export async function keepRunning(start: () => Promise<Server>, log: Log): Promise<KeptServer> {
  let server = await start()
  const stopping = new AbortController()
  const { signal } = stopping
  const stopped = once(signal, 'abort')

  const startAgain = async (): Promise<Server> => {
    while (!signal.aborted) {
      try {
        return await start()
      } catch (error) {
        log.error({ err: error }, 'the embedded PostgreSQL does not start; trying again')
        await sleep(PAUSE_MS, null, { signal }).catch(() => null)
      }
    }
    return server
  }

  const watch = async (): Promise<void> => {
    for (;;) {
      const why = await Promise.race([server.ended, stopped])
      if (signal.aborted) return server.stop()
      log.error({ why }, 'the embedded PostgreSQL ended by itself; starting it again')
      server = await startAgain()
    }
  }

  const watching = watch()
  return {
    pid: () => server.pid,
    stop: () => {
      stopping.abort()
      return watching
    },
  }
}
