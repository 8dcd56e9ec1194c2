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
import type { TimelineEntry } from '../../domain/incident.ts'
import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { incidentKey } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { STORM_KEY } from '../incidents/open-incident.ts'
import { knownBySystem } from '../queues/known-queues.ts'
import { applyAlerts, type AlertGroup, type QueueAlert } from './apply-alerts.ts'
import { keepUnreadable } from './unreadable.ts'

type ProcessDeps = Deps & { readonly parse: ParseBody }

/** Deliveries taken along in the transaction of one: few enough that nobody waits for it for long. */
const COMPANIONS = 24
/** Failures of one delivery, by itself, before people are asked to look. */
const MAX_ATTEMPTS = 5

/**
 * Does with a stored body what its alerts ask for, once: everything happens in one transaction with
 * the mark that it is done. A second replica finds the row locked or finished and leaves. What else waits
 * comes along, oldest first, so that a storm costs few commits; their jobs are taken back.
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
    if (error instanceof OperatorError) throw error
    const attempts = await deps.store.now.deliveries.isolate(deliveryId)
    if (attempts < MAX_ATTEMPTS) throw error
    await giveUp(deps, deliveryId, error)
  }
}

/** What cannot be processed would be tried for ever, and nobody would hear of its alerts. */
async function giveUp(deps: ProcessDeps, deliveryId: string, error: unknown): Promise<void> {
  const why = error instanceof Error ? error.message : String(error)
  deps.log.error(
    { event: 'delivery.given_up', deliveryId, err: error },
    'a delivery cannot be processed',
  )
  await deps.store.transaction(async (store) => {
    const delivery = await store.deliveries.claim(deliveryId)
    if (delivery !== null)
      await keepUnreadable(deps, store, delivery, `It could not be processed: ${why}`)
  })
}

async function processTogether(
  deps: ProcessDeps,
  deliveryId: string,
  companions: number,
): Promise<void> {
  const bodies = await deps.store.transaction(async (store) => {
    const first = await store.deliveries.claim(deliveryId)
    if (first === null) return []
    // Any queue may become a line of the storm. Two transactions of many queues each could otherwise wait
    // for each other, or for a person who resolves the storm.
    await store.incidents.lockKey(STORM_KEY)
    const rest = companions === 0 ? [] : await store.deliveries.claimWaiting(deliveryId, companions)
    const done = await processAll(deps, store, [first, ...rest])
    const jobs = rest.map(({ id }) => id)
    await store.work.cancel('process_delivery', jobs)
    return done
  })
  for (const body of bodies) if (body.problem === null) logProcessed(deps, body)
}

const logProcessed = ({ log }: ProcessDeps, { delivery, alerts }: Body): void =>
  log.info(
    {
      event: 'delivery.processed',
      correlation: delivery.correlationId,
      source: delivery.source,
      alerts,
      isRedelivery: delivery.redeliveryOf !== null,
    },
    'alerts processed',
  )

/** Of two that came in the same millisecond the original comes first. */
const byArrival = (a: Delivery, b: Delivery): number =>
  a.receivedAt.getTime() - b.receivedAt.getTime() ||
  Number(a.redeliveryOf !== null) - Number(b.redeliveryOf !== null)

async function processAll(
  deps: ProcessDeps,
  store: Repositories,
  deliveries: readonly Delivery[],
): Promise<readonly Body[]> {
  const inOrder = deliveries.toSorted(byArrival)
  const bodies = inOrder.map((delivery) => readBody(deps, delivery))
  // Every transaction takes its keys in the same order, so that two never wait for each other.
  const keys = bodies.flatMap(({ groups }) => groups.map(({ key }) => key))
  for (const key of [...new Set(keys)].toSorted()) await store.incidents.lockKey(key)
  const overtaken = await store.deliveries.overtaken(deliveries.map(({ id }) => id))
  const gathered = gather(store)
  for (const body of bodies) {
    const { id, redeliveryOf } = body.delivery
    const isAgain = redeliveryOf !== null || overtaken.has(id)
    await processBody(deps, gathered.store, body, isAgain)
  }
  await gathered.write()
  const done = bodies.filter(({ problem }) => problem === null).map(({ delivery }) => delivery.id)
  await store.deliveries.finish(done, 'processed', null, deps.clock.now())
  return bodies
}

/**
 * What nothing of the same transaction reads is written once, at its end: the timeline, and which messages
 * are to be rendered again, however many deliveries changed them.
 */
function gather(store: Repositories): {
  readonly store: Repositories
  write(): Promise<void>
} {
  const touched = new Set<string>()
  const entries: TimelineEntry[] = []
  const touch = async (key: string): Promise<void> => void touched.add(key)
  const add = async (entry: TimelineEntry): Promise<void> => void entries.push(entry)
  return {
    store: {
      ...store,
      messages: { ...store.messages, touch },
      timeline: { ...store.timeline, add },
    },
    async write() {
      await store.timeline.addAll(entries)
      for (const key of touched) await store.messages.touch(key)
    },
  }
}

const EMPTY: AlertBatch = { alerts: [], truncated: 0 }

function read(parse: ParseBody, delivery: Delivery): AlertBatch | UnreadableBody {
  try {
    return parse(delivery.source, delivery.body)
  } catch (error) {
    if (error instanceof UnreadableBody) return error
    throw error
  }
}

interface Body extends Grouped {
  readonly delivery: Delivery
  /** How many it holds. */
  readonly alerts: number
  readonly truncated: number
  readonly problem: UnreadableBody | null
}

function readBody(deps: ProcessDeps, delivery: Delivery): Body {
  const batch = read(deps.parse, delivery)
  const problem = batch instanceof UnreadableBody ? batch : null
  const { alerts, truncated } = batch instanceof UnreadableBody ? EMPTY : batch
  return { delivery, alerts: alerts.length, truncated, problem, ...group(deps, alerts) }
}

async function processBody(
  deps: Deps,
  store: Repositories,
  body: Body,
  isAgain: boolean,
): Promise<void> {
  const { delivery, groups, unmapped, truncated, problem } = body
  if (problem !== null) return keepUnreadable(deps, store, delivery, problem.message)
  for (const each of groups) {
    const alerts = isAgain ? await newsOf(store, delivery, each.alerts) : each.alerts
    if (alerts.length === 0) continue
    await applyAlerts(deps, store, { delivery, group: { ...each, alerts }, truncated })
  }
  const odd = isAgain ? await newsOf(store, delivery, unmapped) : unmapped
  for (const alert of odd) await reportUnmapped(store, delivery, alert)
}

/** Of a body that came again within a minute only what was not so already: the sender just did not hear us. */
async function newsOf<A extends Alert>(
  store: Repositories,
  delivery: Delivery,
  alerts: readonly A[],
): Promise<readonly A[]> {
  const news: A[] = []
  for (const alert of alerts)
    if (await store.alerts.isNews(alert, delivery.source)) news.push(alert)
  return news
}

interface Grouped {
  readonly groups: readonly AlertGroup[]
  readonly unmapped: readonly Alert[]
}

function group(deps: Deps, alerts: readonly Alert[]): Grouped {
  const known = knownBySystem(deps.systems)
  const groups = new Map<string, { key: string; ref: QueueRef; alerts: QueueAlert[] }>()
  const unmapped: Alert[] = []
  for (const alert of alerts) {
    const ref = alertQueue(alert, deps.settings.mapping, known)
    if (ref === null) {
      unmapped.push(alert)
      continue
    }
    const key = incidentKey(deps.settings, ref)
    const found = groups.get(key) ?? { key, ref, alerts: [] }
    found.alerts.push({ ...alert, ref })
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
  const { was } = await store.alerts.track(alert, delivery.source, delivery.receivedAt, null)
  if (alert.status !== 'firing' || was === 'resolved') return
  const name = alertName(alert)
  const key = `unmapped:${delivery.source}:${name}`.slice(0, 500)
  const said = (await store.messages.byKey(key))?.content
  await store.messages.put({
    key,
    target: { kind: 'ops' },
    content: {
      kind: 'unmapped_alert',
      source: delivery.source,
      alertName: name,
      count: (said?.kind === 'unmapped_alert' ? said.count : 0) + 1,
      lastSummary: alertSummary(alert),
    },
    priority: 2,
  })
}
