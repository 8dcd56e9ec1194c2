import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { loadBot, type BotChild } from '../../test/helpers/bot-child.ts'
import type { BotFile } from '../../test/helpers/bot-process.ts'

export interface Address {
  readonly url: string
  readonly slackUrl: string
}

/** One place where a bot runs; whenever it is killed, another one that was loaded meanwhile takes its place. */
export interface Replica {
  /** Null while it starts. */
  readonly address: () => Address | null
  /** Resolves when it takes requests. Throws if it ended before. */
  readonly ready: () => Promise<Address>
  /** `kill -9`, then a new start, not awaited. */
  killAndStart(): Promise<void>
  /** Orderly; throws unless it ended well. */
  stop(): Promise<void>
  /** Whatever still runs, at once. */
  end(): void
}

/** Starts it, then loads the next one: most of a start is loading, which must not be what a kill always meets. */
export function startReplica(dir: string, file: BotFile, entry: string): Replica {
  mkdirSync(dir, { recursive: true })
  const children = new Set<BotChild>()
  const load = (): BotChild => {
    const child = loadBot(dir, file, entry)
    children.add(child)
    void child.ended.then(() => children.delete(child))
    return child
  }
  let current = load()
  let next: BotChild | null = null
  let address: Address | null = null
  let ready: Promise<Address>
  const go = (): void => {
    const started = current
    ready = started.go().then((reached) => {
      if (started !== current) return reached
      address = reached
      next = load()
      return reached
    })
    // It may be killed while it starts.
    ready.catch(() => undefined)
  }
  go()
  return {
    address: () => address,
    ready: () => ready,
    async killAndStart() {
      const victim = current
      address = null
      victim.signal('SIGKILL')
      await victim.ended
      current = next ?? load()
      next = null
      go()
    },
    async stop() {
      next?.signal('SIGKILL')
      current.signal('SIGTERM')
      if ((await current.ended) !== 0)
        throw new Error(`a replica did not stop in order; see ${join(dir, 'bot.log')}`)
    },
    end: () => {
      for (const child of children) child.signal('SIGKILL')
    },
  }
}
