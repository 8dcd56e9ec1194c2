import { z } from 'zod'

import type { JobState } from '../../../domain/job.ts'
import { loadScript, runScript } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import type { JobsOf } from './guard.ts'

const script = loadScript('where', 'clock')

const Place = z.enum([
  '',
  'gone',
  'active',
  'completed',
  'failed',
  'delayed',
  'prioritized',
  'waiting-children',
])
const Places = z.array(Place)

/** Where each of these jobs is, in their order; empty for one that is in line, or in no list at all. */
export const whereAre = (
  { connection, keys }: JobsOf,
  pace: Pace,
  ids: readonly string[],
): Promise<readonly z.infer<typeof Place>[]> =>
  inBatches(ids, pace, 1, async (batch) =>
    Places.parse(await connection.run((redis) => runScript(redis, script, [keys.base], batch))),
  )

/**
 * Where these jobs are now; those that are gone, or wait for their children, are left out. Nobody looks into the
 * lists, which may be long: a job that is there, but neither active nor in a sorted set, is called waiting. So is
 * one that was lost from its list, as by mixed versions of BullMQ under a pause.
 */
export async function readStates(
  jobs: JobsOf,
  pace: Pace,
  ids: readonly string[],
): Promise<ReadonlyMap<string, JobState>> {
  const places = await whereAre(jobs, pace, ids)
  const states = new Map<string, JobState>()
  places.forEach((place, index) => {
    if (place === 'gone' || place === 'waiting-children') return
    states.set(ids[index] ?? '', place === '' ? 'waiting' : place)
  })
  return states
}
