import { z } from 'zod'

import type { JobEnd } from '../../../domain/job.ts'
import { Overtaken, type Guard } from '../../../domain/ports/job-operator.ts'
import type { Connection } from '../connection.ts'
import type { QueueKeys } from '../keys.ts'
import { loadScript, runScript, type Script, type ScriptArgument } from '../scripts.ts'

const open = loadScript('open', 'room')
const close = loadScript('close', 'room', 'guard')

/** Told where a change's answer was lost: nobody knows yet whether it was made. */
const CHANGE_ADVICE =
  'Jobs already dealt with stay so, the others are untouched; going on deals with each of them once. Check that Redis is up.'

const Receipts = z.array(z.string())

/** Where jobs are changed: a connection to their Redis, and the keys of their queue. */
export interface JobsOf {
  readonly connection: Connection
  readonly keys: QueueKeys
}

/** A change of jobs: a script behind `guard.lua`, with what it takes beyond the guard's own keys and fence. */
interface Change {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly ScriptArgument[]
}

/** Runs a guarded script. Throws `Overtaken` where a later attempt was there first: then it changed nothing. */
export async function runGuarded(
  { connection, keys }: JobsOf,
  guard: Guard,
  change: Change,
): Promise<unknown> {
  const reply = await connection.run(
    (redis) =>
      runScript(
        redis,
        change.script,
        [...guardKeys(keys, guard), ...change.keys],
        [guard.fence, ...change.args],
      ),
    CHANGE_ADVICE,
  )
  if (reply === 'overtaken')
    throw new Overtaken(`Plan ${guard.planId} has a newer attempt than ${guard.fence}.`)
  return reply
}

/** From now on earlier attempts at this plan change nothing. Resolves to what they did of the slice. */
export async function openSlice(jobs: JobsOf, guard: Guard): Promise<ReadonlyMap<string, JobEnd>> {
  const receipts = Receipts.parse(
    await runGuarded(jobs, guard, { script: open, keys: [], args: [] }),
  )
  const ends = new Map<string, JobEnd>()
  for (let at = 0; at + 1 < receipts.length; at += 2) {
    const [id = '', newId = ''] = receipts.slice(at, at + 2)
    ends.set(id, { id, skipped: null, ...(newId === '' ? {} : { newId }) })
  }
  return ends
}

/** Forgets the receipts of the slice. */
export async function closeSlice(jobs: JobsOf, guard: Guard): Promise<void> {
  await runGuarded(jobs, guard, { script: close, keys: [], args: [] })
}

/** Under the queue's own prefix, so that Redis Cluster has them where the queue is; no id of a job looks so. */
const guardKeys = ({ base }: QueueKeys, { planId, slice }: Guard): readonly string[] => [
  `${base}spillway:${planId}`,
  `${base}spillway:${planId}:${slice}`,
]
