import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Redis } from 'ioredis'

/** A Lua script with the hash by which Redis knows it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

/** What a script is given; bytes go as they are. */
export type ScriptArgument = string | number | Buffer

/** The script of that name under `lua/`, behind the ones that it builds upon: they share their locals. */
export function loadScript(name: string, ...before: readonly string[]): Script {
  const source = [...before, name].map(readLua).join('\n')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

const readLua = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'lua', `${name}.lua`), 'utf8')

export const scripts = {
  types: loadScript('types'),
  jobs: loadScript('jobs'),
  rate: loadScript('rate'),
  pause: loadScript('pause'),
  resume: loadScript('resume'),
} as const

/** Runs a script by its hash; a server that does not know it (new, restarted, flushed) is given the source. */
export const runScript = (
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[] = [],
): Promise<unknown> =>
  run(script, (...call) => redis.call(...call), [keys.length, ...keys, ...args])

/** The same with every text of the answer as bytes. */
export const runScriptForBytes = (
  redis: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArgument[] = [],
): Promise<unknown> =>
  run(script, (...call) => redis.callBuffer(...call), [keys.length, ...keys, ...args])

async function run(
  script: Script,
  call: (command: string, ...args: ScriptArgument[]) => Promise<unknown>,
  args: readonly ScriptArgument[],
): Promise<unknown> {
  try {
    return await call('EVALSHA', script.sha, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await call('EVAL', script.source, ...args)
  }
}
