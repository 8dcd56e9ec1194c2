import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ENTRY = join(import.meta.dirname, 'worker.ts')
const CONCURRENCY = 20

export interface CrewOptions {
  readonly major: 5 | 6
  /** Of the Redis that holds the queue. */
  readonly port: number
  readonly notesUrl: string
  readonly queue: string
  /** Jobs at a time; 20. */
  readonly concurrency?: number
}

/** One worker of one queue, in a process of its own. */
export interface Crew {
  /** Starts it again if it died; resolves once it takes jobs. */
  isThere(): Promise<void>
  /** SIGKILL: what it has at hand is left as it is. */
  close(): Promise<void>
}

export function startCrew({
  major,
  port,
  notesUrl,
  queue,
  concurrency = CONCURRENCY,
}: CrewOptions): Crew {
  let child: ChildProcess | null = null
  const isRunning = (one: ChildProcess | null): one is ChildProcess =>
    one !== null && one.exitCode === null && one.signalCode === null
  return {
    async isThere() {
      if (isRunning(child)) return
      child = fork(ENTRY, [major, port, notesUrl, queue, concurrency].map(String))
      const ended = once(child, 'exit').then(() => {
        throw new Error(`the worker of ${queue} ended before it took a job`)
      })
      await Promise.race([once(child, 'message'), ended])
      ended.catch(() => undefined)
    },
    async close() {
      if (!isRunning(child)) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}
