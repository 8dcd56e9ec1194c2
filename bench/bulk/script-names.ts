import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { loadScript } from '../../src/queues/bullmq/scripts.ts'

const ADAPTER = resolve(import.meta.dirname, '../../src/queues/bullmq')

/** Each of our scripts by its SHA-1, found where the adapter loads it: the slow log knows them by nothing else. */
export function scriptNames(): ReadonlyMap<string, string> {
  const files = readdirSync(ADAPTER, { recursive: true, encoding: 'utf8' })
  const sources = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(ADAPTER, file), 'utf8'))
  const loads = sources.flatMap((source) => [...source.matchAll(/loadScript\(\s*('[^)]*)\)/g)])
  return new Map(
    loads.map(([, words = '']) => {
      const [name = '', ...before] = [...words.matchAll(/'([^']+)'/g)].map(([, word = '']) => word)
      return [loadScript(name, ...before).sha, `${name}.lua`]
    }),
  )
}
