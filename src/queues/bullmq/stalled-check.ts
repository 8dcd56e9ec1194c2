import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'

import { z } from 'zod'

import type { Script } from './scripts.ts'

const Package = z.object({ moveStalledJobsToWait: z.object({ content: z.string() }) })

/**
 * The script behind BullMQ's own check for stalled jobs, as a Lua function `stalledCheck(KEYS, ARGV)`. The
 * check takes the name of the stalled set from its keys, which is what lets us name the jobs: a `Worker` of
 * BullMQ checks all of a queue. The file is no public part of the package, whose version is pinned.
 */
export function behindStalledCheck({ source }: Script): Script {
  const file: unknown = createRequire(import.meta.url)(
    'bullmq/dist/cjs/scripts/moveStalledJobsToWait-9.js',
  )
  const { content } = Package.parse(file).moveStalledJobsToWait
  const whole = `local function stalledCheck(KEYS, ARGV)\n${content}\nend\n${source}`
  return { source: whole, sha: createHash('sha1').update(whole).digest('hex') }
}
