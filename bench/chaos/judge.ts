import { execFile } from 'node:child_process'
import { join } from 'node:path'

import type { DatabaseAddress } from '../../src/store/pool.ts'

export interface Verdict {
  readonly lost: number
  readonly repeated: number
  readonly unaudited: number
  readonly unapproved: number
  readonly stuck: number
  readonly jobs: number
  /** Jobs that BullMQ itself ran again. */
  readonly rerun: number
  /** Jobs that only the vault has. */
  readonly in_vault: number
  /** Direct messages that were sent again because nobody could look whether they had arrived. */
  readonly resent: number
  readonly found: readonly string[]
}

/** What the checker looks at, and which queues two people decide about. */
export interface Case {
  readonly owner: DatabaseAddress
  readonly redis: string
  readonly ledgers: string
  readonly critical: readonly string[]
}

/** In a process of its own, so that nothing of ours can colour its view. */
export async function judge({
  owner,
  redis,
  ledgers,
  critical,
}: Case): Promise<Verdict & { readonly exitCode: number }> {
  const args = [
    '--import',
    'tsx',
    join(import.meta.dirname, '../main.ts'),
    'checker',
    '--json',
    `--database=${JSON.stringify(owner)}`,
    `--redis=${redis}`,
    `--ledgers=${ledgers}`,
    `--critical=${critical.join(',')}`,
  ]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code)
      try {
        const { bench: _, ...verdict } = JSON.parse(stdout) as Verdict & { bench: string }
        resolve({ ...verdict, exitCode })
      } catch {
        reject(new Error(`the checker said: ${stdout}${stderr}`))
      }
    })
  })
}
