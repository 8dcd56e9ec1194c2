import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Redis } from 'ioredis'

/** A Lua script with the hash by which Redis knows it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

function load(name: string): Script {
  const source = readFileSync(join(import.meta.dirname, 'lua', `${name}.lua`), 'utf8')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

export const scripts = {
  types: load('types'),
  failures: load('failures'),
  jobs: load('jobs'),
  rate: load('rate'),
  pause: load('pause'),
  resume: load('resume'),
} as const

/** Runs a script by its hash; a server that does not know it (new, restarted, flushed) is given the source. */
export async function runScript(
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[] = [],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await redis.eval(script.source, keys.length, ...keys, ...args)
  }
}
