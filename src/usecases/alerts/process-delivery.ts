import {
  alertName,
  alertQueue,
  alertSummary,
  type Alert,
  type AlertBatch,
  UnreadableBody,
  type ParseBody,
} from '../../domain/alert.ts'
import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { incidentKey } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { knownBySystem } from '../queues/known-queues.ts'
import { applyAlerts, type AlertGroup } from './apply-alerts.ts'

/**
 * Does with a stored body what its alerts ask for, once: everything happens in one transaction with
 * the mark that it is done. A second replica finds the row locked or finished and leaves.
 */
export async function processDelivery(
  deps: Deps & { readonly parse: ParseBody },
  deliveryId: string,
): Promise<void> {
  await deps.store.transaction(async (store) => {
    const delivery = await store.deliveries.claim(deliveryId)
    if (delivery === null) return
    const at = deps.clock.now()
    const batch = delivery.redeliveryOf === null ? read(deps.parse, delivery) : EMPTY
    if (batch instanceof UnreadableBody) {
      await reportUnreadable(store, delivery, batch)
      await store.deliveries.finish(delivery.id, 'unreadable', batch.message, at)
      return
    }
    await applyBatch(deps, store, delivery, batch)
    await store.deliveries.finish(delivery.id, 'processed', null, at)
    const facts = {
      event: 'delivery.processed',
      correlation: delivery.correlationId,
      source: delivery.source,
    }
    deps.log.info(
      { ...facts, alerts: batch.alerts.length, isRedelivery: delivery.redeliveryOf !== null },
      'alerts processed',
    )
  })
}

const EMPTY: AlertBatch = { alerts: [], truncated: 0 }

function read(parse: ParseBody, delivery: Delivery): AlertBatch | UnreadableBody {
  try {
    return parse(delivery.source, delivery.body, delivery.receivedAt)
  } catch (error) {
    if (error instanceof UnreadableBody) return error
    throw error
  }
}

async function applyBatch(
  deps: Deps,
  store: Repositories,
  delivery: Delivery,
  batch: AlertBatch,
): Promise<void> {
  const { groups, unmapped } = group(deps, batch.alerts)
  // Every transaction takes its keys in the same order, so that two never wait for each other.
  for (const { key } of groups) await store.incidents.lockKey(key)
  for (const each of groups)
    await applyAlerts(deps, store, { delivery, group: each, truncated: batch.truncated })
  for (const alert of unmapped) await reportUnmapped(store, delivery, alert)
}

function group(
  deps: Deps,
  alerts: readonly Alert[],
): { readonly groups: readonly AlertGroup[]; readonly unmapped: readonly Alert[] } {
  const known = knownBySystem(deps.systems)
  const groups = new Map<string, { key: string; ref: QueueRef; alerts: Alert[] }>()
  const unmapped: Alert[] = []
  for (const alert of alerts) {
    const ref = alertQueue(alert, deps.settings.mapping, known)
    if (ref === null) {
      unmapped.push(alert)
      continue
    }
    const key = incidentKey(deps.settings, ref)
    const found = groups.get(key) ?? { key, ref, alerts: [] }
    found.alerts.push(alert)
    groups.set(key, found)
  }
  return { groups: [...groups.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)), unmapped }
}

/** No queue, no incident: said in the ops channel, one message for each alert name. */
async function reportUnmapped(
  store: Repositories,
  delivery: Delivery,
  alert: Alert,
): Promise<void> {
  const { was, alert: tracked } = await store.alerts.track(
    alert,
    delivery.source,
    delivery.receivedAt,
  )
  if (alert.status !== 'firing' || was === 'resolved') return
  const name = alertName(alert)
  await store.messages.put({
    key: `unmapped:${delivery.source}:${name}`.slice(0, 500),
    target: { kind: 'ops' },
    content: {
      kind: 'unmapped_alert',
      source: delivery.source,
      alertName: name,
      count: tracked.repeats + 1,
      lastSummary: alertSummary(alert),
    },
    priority: 2,
  })
}

async function reportUnreadable(
  store: Repositories,
  delivery: Delivery,
  { message }: UnreadableBody,
): Promise<void> {
  const hour = delivery.receivedAt.toISOString().slice(0, 13)
  await store.messages.put({
    key: `unreadable:${delivery.source}:${hour}`,
    target: { kind: 'ops' },
    content: {
      kind: 'ops_notice',
      words: `A request to /alerts/${delivery.source} could not be read: ${message}. It is kept (delivery ${delivery.id}); no incident was opened for it.`,
    },
    priority: 1,
  })
}
