import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type pg from 'pg'

const TABLES = [
  'plan',
  'plan_queue',
  'plan_slice',
  'vault_set',
  'vault_job',
  'approval',
  'hold',
  'message',
  'room_step',
  'audit_entry',
]

/** What a checker found can be looked into later: ledgers, logs and rows as they are now, copied to `folder`. */
export async function keepEvidence(
  folder: string,
  { client, ledgers }: { readonly client: pg.Pool; readonly ledgers: string },
): Promise<void> {
  await cp(ledgers, folder, { recursive: true })
  for (const table of TABLES) {
    const { rows } = await client.query(`select * from ${table}`)
    await writeFile(
      join(folder, `${table}.json`),
      rows.map((row) => JSON.stringify(row)).join('\n'),
    )
  }
}
