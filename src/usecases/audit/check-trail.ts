import type { AuditFault } from '../../domain/audit-report.ts'
import type { AuditCheck } from '../../domain/ports/audit-store.ts'
import { plural } from '../../domain/text.ts'
import type { Deps } from '../deps.ts'
import { type Reading, verifyTrail } from './verify-trail.ts'

type CheckDeps = Pick<Deps, 'store' | 'settings' | 'clock' | 'log'>

/** In between only what is new is verified. */
const FULL_EVERY_MS = 7 * 24 * 60 * 60_000
/** What a message tells in full. */
const TOLD = 5
/** What is remembered as told. */
const REMEMBERED = 200

/**
 * Verifies what the trail has got since the last time, once a week all of it, against the anchors that can
 * be read without Slack. Says loudly what is wrong, each fault once.
 */
export async function checkTrail(
  deps: CheckDeps,
  readings: () => Promise<readonly Reading[]>,
): Promise<void> {
  const { store, settings, clock, log } = deps
  const at = clock.now()
  const last = await store.now.audit.lastCheck()
  const isFull = last === null || last.faults.length > 0 || isOld(last, at)
  const report = await verifyTrail(store, {
    instance: settings.instance,
    readings: await readings(),
    isIncremental: !isFull,
  })
  const known = new Set((last?.faults ?? []).map(nameOf))
  const fresh = report.faults.filter((fault) => !known.has(nameOf(fault)))
  // As long as something is wrong, what was verified last stays what the trail is compared with.
  const head = report.faults.length > 0 && last !== null ? last : (report.head ?? last)
  log.info(
    { event: 'audit.checked', entries: report.entries, isFull, faults: report.faults.length },
    'audit trail verified',
  )
  await store.transaction(async (repositories) => {
    if (fresh.length > 0)
      await repositories.messages.put({
        key: `audit-check:${at.toISOString()}`,
        target: { kind: 'ops' },
        content: { kind: 'ops_notice', words: alarm(fresh, report.moreFaults) },
        priority: 0,
      })
    // Nothing was ever written: there is nothing to go on from.
    if (head === null) return
    await repositories.audit.setCheck({
      seq: head.seq,
      hash: head.hash,
      at,
      fullAt: isFull ? at : last.fullAt,
      faults: report.faults.slice(0, REMEMBERED),
    })
  })
  if (fresh.length > 0)
    log.error({ event: 'audit.tampered', faults: fresh }, 'audit trail is wrong')
}

const isOld = ({ fullAt }: AuditCheck, at: Date): boolean =>
  at.getTime() - fullAt.getTime() >= FULL_EVERY_MS

const nameOf = ({ kind, seq, words }: AuditFault): string => `${kind} ${seq ?? words}`

export const faultWords = ({ seq, words }: AuditFault): string =>
  seq === null ? words : `entry ${seq}: ${words}`

function alarm(faults: readonly AuditFault[], more: number): string {
  const rest = faults.length - TOLD + more
  const told = faults.slice(0, TOLD).map(faultWords)
  const tail = rest > 0 ? `; and ${rest} more` : ''
  return `The audit trail does not verify, ${plural(faults.length + more, 'fault')}: ${told.join('; ')}${tail}. Nothing was changed by finding it. Look with \`spillway audit verify\`; after a restore of the database see docs/operations.md.`
}
