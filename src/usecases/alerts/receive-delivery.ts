import type { Deps } from '../deps.ts'

/** The same body within this time is the sender's retry of one delivery; later it is a repeat. */
const REDELIVERY_MS = 60_000

export interface ReceivedBody {
  readonly source: string
  readonly body: Buffer
  readonly correlationId: string
}

/**
 * Stores a body as it came, with the work of reading it, in one commit; when this resolves the sender may
 * forget it. Throws `OperatorError('database_unreachable')`, and then nothing is kept.
 */
export async function receiveDelivery(
  { store, clock, ids, log }: Pick<Deps, 'store' | 'clock' | 'ids' | 'log'>,
  { source, body, correlationId }: ReceivedBody,
): Promise<{ readonly id: string }> {
  const id = ids.uuid()
  await store.now.deliveries.add({
    id,
    source,
    body,
    receivedAt: clock.now(),
    correlationId,
    redeliveryMs: REDELIVERY_MS,
  })
  log.info(
    { event: 'delivery.stored', correlationId, deliveryId: id, source, bytes: body.length },
    'delivery stored',
  )
  return { id }
}
