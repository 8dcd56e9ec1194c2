import type { BullmqSystemConfig } from '../../../config/types.ts'
import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import type { Clock } from '../../../domain/ports/runtime.ts'
import type { Connection } from '../connection.ts'
import { queueKeys } from '../keys.ts'
import { readPauseStyle } from '../pause.ts'
import type { QueueReader } from '../queue-reader.ts'
import { readStuck, unstick } from '../unstick.ts'
import type { Workers } from '../workers.ts'
import { learnPace } from './batches.ts'
import { copyJobs } from './copy.ts'
import { readEnded, readPosition } from './ended.ts'
import { factsOfContent } from './facts.ts'
import { glanceAt } from './glance.ts'
import { closeSlice, openSlice } from './guard.ts'
import { readOutcomes } from './outcomes.ts'
import { promoteJobs } from './promote.ts'
import { putJobs } from './put.ts'
import { reprioritizeJobs } from './reprioritize.ts'
import { retryJobs } from './retry.ts'
import { countThere, selectJobs } from './select.ts'
import { takeFromLine } from './take-line.ts'
import { takeFromSet } from './take.ts'
import { rememberPlaces } from './walk-line.ts'
import { readStates } from './where.ts'

interface OperatorDeps {
  readonly config: BullmqSystemConfig
  /** Of its own: neither a look at queues nor a pause waits behind bulk work. */
  readonly connection: Connection
  readonly queueReader: QueueReader
  readonly workers: Workers
  readonly clock: Clock
}

/** Single jobs of BullMQ queues, of all three majors. The caller closes the connection. */
export function createJobOperator({ connection, clock, ...deps }: OperatorDeps): JobOperator {
  const paces = {
    copy: learnPace(),
    take: learnPace(),
    put: learnPace(),
    retry: learnPace(),
    promote: learnPace(),
    reprioritize: learnPace(),
    states: learnPace(),
    glance: learnPace(),
  }
  const places = rememberPlaces()
  const of = (queue: string) => ({ connection, keys: queueKeys(deps.config.prefix, queue) })
  const lineOf = (queue: string) => ({
    ...of(queue),
    pauseStyle: () => readPauseStyle(deps, queue),
  })
  return {
    select: (queue, filter, most, watch) => selectJobs(of(queue), filter, most, watch, clock.now()),
    stillThere: (queue, state, ids) => countThere(of(queue), state, ids),
    open: (queue, guard) => openSlice(of(queue), guard),
    close: (queue, guard) => closeSlice(of(queue), guard),
    copy: (queue, state, ids) => copyJobs(of(queue), paces.copy, state, ids),
    factsOf: factsOfContent,
    take: async (queue, guard, state, copies) => {
      if (state === 'active') return copies.map(({ id }) => ({ id, skipped: 'active' }))
      return state === 'waiting'
        ? takeFromLine(of(queue), guard, places, copies)
        : takeFromSet(of(queue), guard, paces.take, state, copies)
    },
    put: (queue, guard, jobs, destination) =>
      putJobs(lineOf(queue), guard, paces.put, jobs, destination, clock.now()),
    retry: (queue, guard, ids, resetsAttempts, isFirst) =>
      retryJobs(lineOf(queue), guard, paces.retry, ids, resetsAttempts, isFirst),
    promote: (queue, guard, ids) => promoteJobs(lineOf(queue), guard, paces.promote, ids),
    reprioritize: (queue, guard, state, ids, priority) =>
      reprioritizeJobs(
        lineOf(queue),
        guard,
        { pace: paces.reprioritize, places },
        state,
        ids,
        priority,
      ),
    stuck: (queue) => readStuck(connection, of(queue).keys),
    unstick: (queue, guard, ids) =>
      unstick({ ...lineOf(queue), reads: connection, clock }, guard, ids),
    outcomes: (queue, ids, since) => readOutcomes(connection, of(queue).keys, ids, since),
    states: (queue, ids) => readStates(of(queue), paces.states, ids),
    glance: (queue, ids) => glanceAt(of(queue), paces.glance, ids),
    position: (queue) => readPosition(of(queue)),
    ended: (queue, position, most) => readEnded(of(queue), position, most),
  }
}
