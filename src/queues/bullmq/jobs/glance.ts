import { z } from 'zod'

import type { Glance } from '../../../domain/ports/job-operator.ts'
import { loadScript, runScript } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import { LONGEST_ERROR, toDate } from './facts.ts'
import type { JobsOf } from './guard.ts'

const script = loadScript('glance', 'clock')

const Replies = z.array(z.tuple([z.string(), z.string(), z.string(), z.string()]))

/** What these jobs are and what they failed with, cut to what is ever looked at; those that are gone are left out. */
export async function glanceAt(
  { connection, keys }: JobsOf,
  pace: Pace,
  ids: readonly string[],
): Promise<readonly Glance[]> {
  const rows = await inBatches(ids, pace, 1, async (batch) =>
    Replies.parse(
      await connection.run((redis) =>
        runScript(redis, script, [keys.base], [LONGEST_ERROR, ...batch]),
      ),
    ),
  )
  return rows.flatMap(([type, addedAt, endedAt, error], index) => {
    const id = ids[index]
    if (id === undefined || type === '') return []
    const at = toDate(endedAt) ?? toDate(addedAt)
    return [{ id, type, error: error === '' ? null : error, at }]
  })
}
