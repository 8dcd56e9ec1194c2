import { z } from 'zod'

import { OperatorError } from '../../domain/errors.ts'
import type { Connection } from './connection.ts'
import { loadScript, runScript } from './scripts.ts'
import type { Workers } from './workers.ts'

const script = loadScript('rights')

const Commands = z.array(z.string())

interface RightsOf {
  readonly connection: Connection
  readonly prefix: string
  readonly workers: Workers
}

/**
 * Commands that we need and the Redis user may not run, as far as that can be seen without writing. Throws
 * what the connection throws.
 */
export async function readMissingRights({
  connection,
  prefix,
  workers,
}: RightsOf): Promise<readonly string[]> {
  const [inScripts, seen] = await Promise.all([tryScripts(connection, prefix), workers.now()])
  return seen === null ? [...inScripts, 'CLIENT LIST'] : inScripts
}

async function tryScripts(connection: Connection, prefix: string): Promise<readonly string[]> {
  try {
    const key = `${prefix}:spillway:rights`
    return Commands.parse(await connection.run((redis) => runScript(redis, script, [key])))
  } catch (error) {
    // Refused as a whole: then none of the commands inside it could be tried.
    if (error instanceof OperatorError && error.code === 'not_supported') return ['EVALSHA', 'EVAL']
    throw error
  }
}
