import { setTimeout as sleep } from 'node:timers/promises'

import { z } from 'zod'

import { SKIP_REASONS, type JobEnd } from '../../domain/job.ts'
import type { Guard, StuckJob } from '../../domain/ports/job-operator.ts'
import type { Clock } from '../../domain/ports/runtime.ts'
import type { Connection } from './connection.ts'
import { inBatches, learnPace } from './jobs/batches.ts'
import { runGuarded } from './jobs/guard.ts'
import type { LineOf } from './jobs/line.ts'
import type { QueueKeys } from './keys.ts'
import { loadScript, runScript } from './scripts.ts'
import { behindStalledCheck } from './stalled-check.ts'

/**
 * Between the two looks at a job. A worker of BullMQ 4 takes a job first and locks it then, so that one look
 * proves nothing; BullMQ's own check looks twice as well.
 */
const BETWEEN_LOOKS_MS = 5000
/** BullMQ's default for `maxStalledCount`: what the workers are set to cannot be seen from outside. */
const STALLS_FORGIVEN = 1
/** Looked at per call: well under a millisecond. */
const STRETCH = 200

const stuckScript = loadScript('stuck', 'stalled')
const unstickScript = behindStalledCheck(
  loadScript('unstick', 'guard', 'clock', 'in-line', 'stalled'),
)

const Found = z.tuple(
  [z.number()],
  z.tuple([z.string(), z.string(), z.string(), z.enum(['1', '']), z.string()]),
)
const Ends = z.array(z.enum(['', ...SKIP_REASONS]))

/** With what changes whenever a worker has the job anew. */
interface Seen extends StuckJob {
  readonly mark: string
}

interface Unsticking extends LineOf {
  /** For looking; changes go over `connection`. */
  readonly reads: Connection
  readonly clock: Clock
  readonly betweenLooksMs?: number
}

/** Active jobs that have no lock just now, those taken up first at the head. Reads only. */
export async function readStuck(reads: Connection, { base }: QueueKeys): Promise<readonly Seen[]> {
  const seen = new Map<string, Seen>()
  // From the tail, where the oldest are: new ones come in at the head and push nothing out of view.
  for (let last = -1; ; last -= STRETCH) {
    const range = [last - STRETCH + 1, last, STALLS_FORGIVEN]
    const reply = await reads.run((redis) => runScript(redis, stuckScript, [base], range))
    const [looked, ...found] = Found.parse(reply)
    for (const [id, type, since, fails, mark] of found.toReversed()) {
      const takenUpAt = since === '' ? null : new Date(Number(since))
      seen.set(id, { id, type, takenUpAt, failsNext: fails === '1', mark })
    }
    if (looked < STRETCH) return [...seen.values()]
  }
}

/**
 * Puts these jobs back in line if they are active, have no lock, and were not touched by any worker between two
 * looks. Takes five seconds. Throws `Overtaken` and what the connection throws.
 */
export async function unstick(
  { reads, clock, betweenLooksMs = BETWEEN_LOOKS_MS, ...line }: Unsticking,
  guard: Guard,
  ids: readonly string[],
): Promise<readonly JobEnd[]> {
  const first = await readStuck(reads, line.keys)
  const marks = new Map(first.map(({ id, mark }) => [id, mark]))
  await sleep(betweenLooksMs)
  const style = await line.pauseStyle()
  return inBatches(ids, learnPace(), 1, async (batch) => {
    // No job has an empty mark: one that was locked at the first look, or not active, is left.
    const named = batch.flatMap((id) => [id, marks.get(id) ?? ''])
    const reply = await runGuarded(line, guard, {
      script: unstickScript,
      keys: [line.keys.base],
      args: [style, clock.now().getTime(), STALLS_FORGIVEN, ...named],
    })
    return Ends.parse(reply).map((reason, index) => ({
      id: batch[index] ?? '',
      skipped: reason === '' ? null : reason,
    }))
  })
}
