import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { ESTATE, type Major } from './estate-queues.ts'
import { scriptCommand } from './script.ts'
import type { Load, Notice, Order } from './workers/crew.ts'

export interface Estate {
  /** The provider behind this queue stops answering, while a campaign fills the queue. */
  failNow(queue: string): void
  /** The provider behind this queue takes seconds for each job, while more come in than it can take. */
  slowDown(queue: string, load: Load): void
  /** The provider answers as usual, and no more of the campaign comes in. */
  heal(queue: string): void
  stop(): Promise<void>
}

export interface EstateOptions {
  readonly redisUrl: string
  /** A file that gets a JSON line for each job that was tried. */
  readonly ledgerPath?: string
}

/** More comes in than can be tried. */
const CAMPAIGN: Load = { atOnce: 700, perSecond: 11 }
const MAJORS: readonly Major[] = ['v4', 'v5', 'v6']

/** Starts the sample platform: one process of producers and workers for each BullMQ major. */
export function startEstate(options: EstateOptions): Estate {
  const crews = new Map(MAJORS.map((major) => [major, startCrew(major, options)]))
  const tell = (notice: Notice) => {
    const major = ESTATE.find(({ name }) => name === notice.queue)?.major
    if (major === undefined) throw new Error(`The sample estate has no queue ${notice.queue}.`)
    crews.get(major)?.send(notice)
  }
  return {
    failNow: (queue) => tell({ kind: 'trouble', queue, trouble: 'down', load: CAMPAIGN }),
    slowDown: (queue, load) => tell({ kind: 'trouble', queue, trouble: 'slow', load }),
    heal: (queue) => tell({ kind: 'heal', queue }),
    async stop() {
      await Promise.all([...crews.values()].map(end))
    },
  }
}

function startCrew(major: Major, { redisUrl, ledgerPath }: EstateOptions): ChildProcess {
  const { hostname, port } = new URL(redisUrl)
  const queues = ESTATE.filter((queue) => queue.major === major)
  const order: Order = {
    host: hostname,
    port: Number(port),
    queues: queues.map(({ name, types }) => ({ name, types: [...types] })),
    ledgerPath: ledgerPath ?? null,
  }
  const [command = '', ...args] = scriptCommand(import.meta.url, `./workers/${major}`)
  return spawn(command, [...args, JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // In a group of its own: Ctrl-C is for us, who stop things in order.
    detached: true,
  })
}

/** A crew closes its workers in its own time, but not for ever. */
async function end(crew: ChildProcess): Promise<void> {
  if (crew.exitCode !== null || crew.signalCode !== null) return
  const gone = once(crew, 'exit')
  const impatience = setTimeout(() => crew.kill('SIGKILL'), 3000)
  crew.kill('SIGTERM')
  await gone
  clearTimeout(impatience)
}
