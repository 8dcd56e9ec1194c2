import type { PayloadRef } from '../../domain/audit-report.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { Deps } from '../deps.ts'
import { auditOf } from './audit-of.ts'
import { payloadHash } from './verify-trail.ts'

/**
 * Keeps a payload beside the trail, for an entry to name it as `facts: {payload: {id, hash}}`. Inside the
 * transaction of that entry. It can be erased later; the chain stays whole.
 */
export async function attachPayload(
  { ids, clock }: Pick<Deps, 'ids' | 'clock'>,
  store: Pick<Repositories, 'payloads'>,
  content: string,
): Promise<PayloadRef> {
  const bytes = Buffer.from(content, 'utf8')
  const salt = Buffer.from(ids.token(), 'utf8')
  const ref = { id: ids.uuid(), hash: payloadHash(salt, bytes) }
  await store.payloads.add({ ...ref, salt, content: bytes, at: clock.now() })
  return ref
}

/** Erases a payload's content and salt for good, and says so in the trail. Throws `already_done` if there is none. */
export const erasePayload = (
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  request: { readonly id: string; readonly reason: string; readonly by: string },
): Promise<void> =>
  store.transaction(async ({ payloads, audit }) => {
    const at = clock.now()
    if (!(await payloads.erase(request.id, at)))
      throw new OperatorError(
        'already_done',
        `There is no payload ${request.id}, or it was erased before.`,
        'Nothing was changed. `spillway audit export` shows which entries name a payload.',
      )
    await audit.append(
      auditOf(at, 'erased', {
        action: 'erase',
        subject: `payload ${request.id}`,
        reason: request.reason,
        facts: { by: request.by },
      }),
    )
  })
