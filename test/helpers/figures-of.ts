import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

/** The figures of a short run of a bench, from the one line that it prints. */
export async function figuresOf(
  bench: string,
  ...options: readonly string[]
): Promise<Record<string, unknown>> {
  const command = ['--import', 'tsx', 'bench/main.ts', bench, '--json', '--quick', ...options]
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT })
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  return JSON.parse(stdout) as Record<string, unknown>
}
