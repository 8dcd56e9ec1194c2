import {
  alertName,
  alertQueue,
  alertSummary,
  type Alert,
  type AlertBatch,
  UnreadableBody,
  type ParseBody,
} from '../../domain/alert.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { incidentKey } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { STORM_KEY } from '../incidents/open-incident.ts'
import { knownBySystem } from '../queues/known-queues.ts'
import { applyAlerts, type AlertGroup } from './apply-alerts.ts'

type ProcessDeps = Deps & { readonly parse: ParseBody }

/** Deliveries taken along in the transaction of one: few enough that nobody waits for it for long. */
const COMPANIONS = 24

/**
 * Does with a stored body what its alerts ask for, once: everything happens in one transaction with
 * the mark that it is done. A second replica finds the row locked or finished and leaves. What else waits
 * comes along, oldest first, so that a storm costs few commits; the jobs of those then find nothing to do.
 */
export async function processDelivery(deps: ProcessDeps, deliveryId: string): Promise<void> {
  try {
    await processTogether(deps, deliveryId, COMPANIONS)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    // One of them cannot be processed. Each has its own job, so each finds out by itself which one it is.
    await processAlone(deps, deliveryId)
  }
}

async function processAlone(deps: ProcessDeps, deliveryId: string): Promise<void> {
  try {
    await processTogether(deps, deliveryId, 0)
  } catch (error) {
    await deps.store.now.deliveries.isolate(deliveryId)
    throw error
  }
}

async function processTogether(
  deps: ProcessDeps,
  deliveryId: string,
  companions: number,
): Promise<void> {
  const deliveries = await deps.store.transaction(async (store) => {
    const first = await store.deliveries.claim(deliveryId)
    if (first === null) return []
    // Any queue may become a line of the storm. Two transactions of many queues each could otherwise wait
    // for each other, or for a person who resolves the storm.
    await store.incidents.lockKey(STORM_KEY)
    const rest = companions === 0 ? [] : await store.deliveries.claimWaiting(companions)
    const all = [first, ...rest]
    await processAll(deps, store, all)
    return all
  })
  for (const { correlationId: correlation, source, redeliveryOf } of deliveries)
    deps.log.info(
      { event: 'delivery.processed', correlation, source, isRedelivery: redeliveryOf !== null },
      'delivery processed',
    )
}

async function processAll(
  deps: ProcessDeps,
  store: Repositories,
  deliveries: readonly Delivery[],
): Promise<void> {
  const bodies = deliveries.map((delivery) => ({ delivery, ...readBody(deps, delivery) }))
  // Every transaction takes its keys in the same order, so that two never wait for each other.
  const keys = bodies.flatMap(({ groups }) => groups.map(({ key }) => key))
  for (const key of [...new Set(keys)].toSorted()) await store.incidents.lockKey(key)
  const touching = gatherTouches(store)
  for (const body of bodies) await processBody(deps, touching.store, body)
  await touching.flush()
}

/** A message changed by many deliveries is rendered once: its touches are gathered, and made at the end. */
function gatherTouches(store: Repositories): {
  readonly store: Repositories
  flush(): Promise<void>
} {
  const keys = new Set<string>()
  const touch = (key: string): Promise<void> => {
    keys.add(key)
    return Promise.resolve()
  }
  return {
    store: { ...store, messages: { ...store.messages, touch } },
    async flush() {
      for (const key of keys) await store.messages.touch(key)
    },
  }
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

interface Body extends Grouped {
  readonly delivery: Delivery
  readonly truncated: number
  readonly problem: UnreadableBody | null
}

function readBody(deps: ProcessDeps, delivery: Delivery): Omit<Body, 'delivery'> {
  const batch = delivery.redeliveryOf === null ? read(deps.parse, delivery) : EMPTY
  if (batch instanceof UnreadableBody) return { ...group(deps, []), truncated: 0, problem: batch }
  return { ...group(deps, batch.alerts), truncated: batch.truncated, problem: null }
}

async function processBody(deps: Deps, store: Repositories, body: Body): Promise<void> {
  const { delivery, groups, unmapped, truncated, problem } = body
  if (problem !== null) await reportUnreadable(store, delivery, problem)
  for (const each of groups) await applyAlerts(deps, store, { delivery, group: each, truncated })
  for (const alert of unmapped) await reportUnmapped(store, delivery, alert)
  const state = problem === null ? 'processed' : 'unreadable'
  await store.deliveries.finish(delivery.id, state, problem?.message ?? null, deps.clock.now())
}

interface Grouped {
  readonly groups: readonly AlertGroup[]
  readonly unmapped: readonly Alert[]
}

function group(deps: Deps, alerts: readonly Alert[]): Grouped {
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
