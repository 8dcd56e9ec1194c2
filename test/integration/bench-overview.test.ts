import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

import { expect, it } from 'vitest'

const run = promisify(execFile)
const main = resolve(import.meta.dirname, '../../bench/main.ts')
const bench = (...args: readonly string[]) => run('node', ['--import', 'tsx', main, ...args])

it('prints its figures as one line of JSON', async () => {
  const small = ['--queues=5', '--jobs=500', '--rounds=1']
  const { stdout } = await bench('overview', '--json', ...small)
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(1)
  const figures: unknown = JSON.parse(lines[0] ?? '')
  const number: unknown = expect.any(Number)
  expect(figures).toMatchObject({
    bench: 'overview',
    ours_ms: number,
    runbook_ms: number,
    bullmq_ms: number,
    bullboard_ms: number,
    floor_ms: number,
    max_block_ms: number,
    queues: 5,
  })
})

it('names the benches that there are when asked for another', async () => {
  await expect(bench('nonsense')).rejects.toThrow(/overview/)
})
