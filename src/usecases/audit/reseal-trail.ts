import type { AuditFault, AuditReport } from '../../domain/audit-report.ts'
import type { Json } from '../../domain/audit.ts'
import { OperatorError } from '../../domain/errors.ts'
import { quote } from '../../domain/quote.ts'
import type { Deps } from '../deps.ts'
import { auditOf } from './audit-of.ts'
import { faultWords } from './check-trail.ts'
import { requestAnchor } from './request-anchor.ts'
import { type VerifyRequest, verifyTrail } from './verify-trail.ts'

/** What a restore explains. Whatever else is found was somebody's doing and stays a fault. */
const isLoss = ({ kind }: AuditFault): boolean => kind === 'tail_cut' || kind === 'rewritten'

/**
 * After a restore to an earlier state: owns up to the entries that it lost, or to a name that the
 * installation had before, so that verification tells of a known loss. Throws `already_done` when there
 * is nothing to own up to, `not_supported` when there is more than a restore explains.
 */
export async function resealTrail(
  { store, clock, settings }: Pick<Deps, 'store' | 'clock' | 'settings'>,
  request: Pick<VerifyRequest, 'readings'> & {
    readonly reason: string
    readonly by: string
  },
): Promise<AuditReport> {
  const readings = { instance: settings.instance, readings: request.readings }
  const report = await verifyTrail(store, readings)
  const last = await store.now.audit.lastCheck()
  const highest = Math.max(last?.seq ?? 0, highestOf(request.readings))
  const facts = owningUp(report, settings.instance, highest)
  const at = clock.now()
  await store.transaction(async (repositories) => {
    await repositories.messages.put({
      key: `resealed:${at.toISOString()}`,
      target: { kind: 'ops' },
      content: {
        kind: 'ops_notice',
        words: `The audit trail was resealed: ${quote(request.reason)}. ${report.faults.map(faultWords).join('; ')}.`,
      },
      priority: 0,
    })
    await requestAnchor(repositories)
    await repositories.audit.append(
      auditOf(at, 'resealed', {
        action: 'reseal',
        subject: 'the audit trail',
        reason: request.reason,
        facts: { ...facts, by: request.by },
      }),
    )
  })
  return verifyTrail(store, readings)
}

const highestOf = (readings: VerifyRequest['readings']): number =>
  readings.flatMap(({ anchors }) => anchors).reduce((highest, { seq }) => Math.max(highest, seq), 0)

function owningUp(
  report: AuditReport,
  instance: string,
  highestAnchor: number,
): { readonly [key: string]: Json } {
  const strangers = report.faults.filter(({ kind }) => kind === 'wrong_instance')
  const losses = report.faults.filter(isLoss)
  if (losses.length + strangers.length === 0)
    throw new OperatorError(
      'already_done',
      'There is no loss to own up to: no anchor shows more than the trail has.',
      'Nothing was written. Give the anchors that show the loss with --anchors.',
    )
  const others = report.faults.length + report.moreFaults - losses.length - strangers.length
  if (others > 0)
    throw new OperatorError(
      'not_supported',
      `The trail has ${others} faults that no restore explains.`,
      'Nothing was written. `spillway audit verify` lists them; keep a copy of the database and find out who changed it.',
    )
  const from = Math.min(...losses.map(({ seq }) => seq ?? Number.POSITIVE_INFINITY))
  return {
    lost: losses.length === 0 ? null : { from, to: highestAnchor },
    formerInstances: report.instances.filter((name) => name !== instance),
  }
}
