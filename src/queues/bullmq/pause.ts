import { z } from 'zod'

import type { BullmqSystemConfig } from '../../config/types.ts'
import { pauseHazards, pauseStyle, type PauseFacts, type PauseStyle } from '../../domain/pause.ts'
import type { PauseState, QueueSystem } from '../../domain/ports/queue-system.ts'
import type { Clock } from '../../domain/ports/runtime.ts'
import type { Connection } from './connection.ts'
import { watchHold } from './hold.ts'
import { queueKeys, type QueueKeys } from './keys.ts'
import { toOverview, type FirstLook } from './overview.ts'
import type { QueueReader } from './queue-reader.ts'
import { watchRuns } from './runs.ts'
import { runScript, scripts } from './scripts.ts'
import type { Workers, WorkersByQueue } from './workers.ts'

/** Jobs moved per script call: well under a millisecond of Redis time. */
const SLICE = 1000

/** In the way of a change whose answer was lost nobody can say whether it was made; running it again is safe. */
export const CHANGE_ADVICE =
  'The change may or may not have been made; no job is lost, and trying again does it once. Check that Redis is up.'

const PauseReply = z.enum(['set', 'already', 'more'])
const ResumeReply = z.tuple([z.enum(['more', 'done', 'nothing']), z.number()])

/** Reads go over `reads`, changes over `changes`: a queue can be resumed while a large read is under way. */
export interface PauseDeps {
  readonly config: BullmqSystemConfig
  readonly reads: Connection
  readonly changes: Connection
  readonly queueReader: QueueReader
  readonly workers: Workers
  readonly clock: Clock
}

const pauseFacts = (
  { config }: Pick<PauseDeps, 'config'>,
  queue: string,
  facts: Pick<FirstLook, 'isPaused' | 'counts' | 'libraryVersion'>,
  workers: WorkersByQueue | null,
): PauseFacts => ({
  isPaused: facts.isPaused,
  waiting: facts.counts.waiting,
  aside: facts.counts.paused,
  libraryVersion: facts.libraryVersion,
  majors: config.majors,
  v4Workers: workers === null ? null : (workers.get(queue)?.v4 ?? 0),
})

async function readPauseState(deps: PauseDeps, queue: string): Promise<PauseState> {
  const [[facts], workers] = await Promise.all([
    deps.queueReader.read([queue]),
    deps.workers.lately(),
  ])
  if (facts === undefined || facts === null) throw new Error('the reader left its only queue out')
  return {
    isPaused: facts.isPaused,
    overview: toOverview(deps.config.name, queue, facts, workers),
    hazards: pauseHazards(pauseFacts(deps, queue, facts, workers)),
  }
}

/** How the queue is paused, or would be, as far as one look tells: where jobs belong that are put in line. */
export async function readPauseStyle(
  deps: Pick<PauseDeps, 'config' | 'queueReader' | 'workers'>,
  queue: string,
): Promise<PauseStyle> {
  const [facts, workers] = await Promise.all([
    deps.queueReader.glance(queue),
    deps.workers.lately(),
  ])
  return pauseStyle(pauseFacts(deps, queue, facts, workers))
}

/**
 * True if this call set the pause. Stranded jobs, if any, are put back in line first, in slices. One look and
 * one script: an incident may pause hundreds of queues at once.
 */
async function setPause(deps: PauseDeps, queue: string): Promise<boolean> {
  const style = await readPauseStyle(deps, queue)
  const { wait, paused, meta, marker, events } = queueKeys(deps.config.prefix, queue)
  for (;;) {
    const reply = PauseReply.parse(
      await deps.changes.run(
        (redis) =>
          runScript(redis, scripts.pause, [wait, paused, meta, marker, events], [style, SLICE]),
        CHANGE_ADVICE,
      ),
    )
    if (reply !== 'more') return reply === 'set'
  }
}

/** Runs slices until the last one. Returns whether anything was changed, and how many jobs were moved. */
async function mergeAside(
  deps: Pick<PauseDeps, 'config' | 'changes'>,
  queue: string,
  mode: 'resume' | 'repair',
): Promise<{ readonly isChanged: boolean; readonly moved: number }> {
  const keys = resumeKeys(queueKeys(deps.config.prefix, queue))
  let total = 0
  for (;;) {
    const [state, moved] = ResumeReply.parse(
      await deps.changes.run(
        (redis) => runScript(redis, scripts.resume, keys, [mode, SLICE]),
        CHANGE_ADVICE,
      ),
    )
    total += moved
    if (state !== 'more') return { isChanged: state === 'done' || total > 0, moved: total }
  }
}

const resumeKeys = (keys: QueueKeys): readonly string[] => [
  keys.wait,
  keys.paused,
  keys.meta,
  keys.marker,
  keys.events,
  keys.prioritized,
  keys.delayed,
]

/** The part of a system that stops its queues and starts them again. */
export const pausing = (
  deps: PauseDeps,
): Pick<
  QueueSystem,
  'pauseState' | 'pause' | 'resume' | 'repairStranded' | 'proveHeld' | 'proveRuns'
> => ({
  pauseState: (queue) => readPauseState(deps, queue),
  pause: (queue) => setPause(deps, queue),
  resume: async (queue) => (await mergeAside(deps, queue, 'resume')).isChanged,
  repairStranded: async (queue) => (await mergeAside(deps, queue, 'repair')).moved,
  proveHeld: (queue, forMs) =>
    watchHold(deps.reads, queueKeys(deps.config.prefix, queue), forMs, async () => {
      const workers = await deps.workers.lately()
      return (workers?.get(queue)?.all ?? 0) > 0
    }),
  proveRuns: (queue, forMs) =>
    watchRuns(deps.reads, queueKeys(deps.config.prefix, queue), forMs, deps.clock),
})
