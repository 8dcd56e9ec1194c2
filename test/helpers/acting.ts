import { findChainFault } from '../../src/domain/audit.ts'
import { OPS } from './config-of.ts'
import { untilModal } from './looking.ts'
import { reason } from './reason.ts'
import type { World } from './world.ts'

/** Asks for a pause or resume by command, e.g. `pause email for 30m`; waits for the preview. */
export async function preview(
  world: World,
  user: string,
  command: string,
  channel = OPS,
): Promise<void> {
  await world.person(user).command('/queue', command, channel)
  await untilModal(world, user, /can be confirmed until/)
}

/** Asks and confirms; the outcome is not awaited. */
export async function order(
  world: World,
  user: string,
  command: string,
  channel = OPS,
): Promise<void> {
  await preview(world, user, command, channel)
  await world.person(user).submit(reason('for a test'))
}

/** Asks, confirms and waits until the modal says that it is done. */
export async function carryOut(
  world: World,
  user: string,
  command: string,
  channel = OPS,
): Promise<void> {
  await order(world, user, command, channel)
  await untilModal(world, user, /(Pause|Resume) of .*: done/)
}

/** Lets every timed hold be due now, as if its time had passed. */
export async function letTimePass(world: World): Promise<void> {
  await world.query(
    `with due as (update hold set ends_at = now() where ended_at is null returning id)
     select graphile_worker.add_job('end_hold', json_build_object('holdId', id),
       job_key => 'end_hold:' || id) from due`,
  )
}

interface AuditFacts {
  readonly kind: string
  readonly action: string
  readonly plan?: string
  readonly reason?: string
}

/** The audit trail, oldest first. Fails if its chain is broken. */
export async function auditTrail(world: World): Promise<readonly AuditFacts[]> {
  const rows = await world.query<{
    seq: string
    version: number
    instance: string
    text: string
    previous_hash: string
    hash: string
  }>('select * from audit_entry order by seq')
  const fault = findChainFault(
    rows.map((row) => ({ ...row, seq: Number(row.seq), previousHash: row.previous_hash })),
  )
  if (fault !== null) throw new Error(`the audit chain is broken: ${JSON.stringify(fault)}`)
  return rows.map(({ text }) => JSON.parse(text) as AuditFacts)
}

/** How often each kind of entry is in the audit trail. */
export async function auditCounts(world: World): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const { kind } of await auditTrail(world)) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
