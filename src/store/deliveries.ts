import { createHash } from 'node:crypto'

import type { Deliveries, Delivery } from '../domain/ports/alert-store.ts'
import { row, rows, type Sql } from './sql.ts'
import { storeTogether } from './together.ts'

interface DeliveryRow {
  id: string
  source: string
  body: Buffer
  received_at: Date
  correlation_id: string
  redelivery_of: string | null
  state: Delivery['state']
  problem: string | null
}

const COLUMNS = 'id, source, body, received_at, correlation_id, redelivery_of, state, problem'

/** Bodies are held in memory with others only if they are no larger. */
const SMALL_BYTES = 65_536

const toDelivery = (from: DeliveryRow): Delivery => ({
  id: from.id,
  source: from.source,
  body: from.body,
  receivedAt: from.received_at,
  correlationId: from.correlation_id,
  redeliveryOf: from.redelivery_of,
  state: from.state,
  problem: from.problem,
})

type Added = Parameters<Deliveries['add']>[0]

const ADD_AT_MOST = 100

const sha256Of = (body: Buffer): Buffer => createHash('sha256').update(body).digest()

// One round trip and one commit: the functions lock on a body, look for its twin, store and enqueue.
async function addOne(sql: Sql, delivery: Added): Promise<void> {
  await sql.query('select receive_delivery($1, $2, $3, $4, $5, $6, $7)', [
    delivery.id,
    delivery.source,
    delivery.body,
    sha256Of(delivery.body),
    delivery.receivedAt,
    delivery.correlationId,
    delivery.redeliveryMs,
  ])
}

async function addAll(sql: Sql, deliveries: readonly Added[]): Promise<void> {
  await sql.query('select receive_deliveries($1, $2, $3, $4, $5, $6, $7)', [
    deliveries.map(({ id }) => id),
    deliveries.map(({ source }) => source),
    deliveries.map(({ body }) => body),
    deliveries.map(({ body }) => sha256Of(body)),
    deliveries.map(({ receivedAt }) => receivedAt),
    deliveries.map(({ correlationId }) => correlationId),
    deliveries.map(({ redeliveryMs }) => redeliveryMs),
  ])
}

const looking = (sql: Sql): Pick<Deliveries, 'unreadable' | 'countUnreadable' | 'overtaken'> => ({
  async overtaken(ids) {
    const found = await rows<{ id: string }>(
      sql,
      `select redelivery_of as id from delivery
       where redelivery_of = any($1) and state = 'processed'`,
      [ids],
    )
    return new Set(found.map(({ id }) => id))
  },
  async unreadable(since, limit) {
    const found = await rows<Omit<DeliveryRow, 'body'>>(
      sql,
      `select id, source, received_at, problem from delivery
       where state = 'unreadable' and received_at >= $1 order by received_at desc limit $2`,
      [since, limit],
    )
    return found.map(({ id, source, received_at, problem }) => ({
      id,
      source,
      receivedAt: received_at,
      problem,
    }))
  },
  async countUnreadable(source, since) {
    const found = await row<{ count: string }>(
      sql,
      `select count(*) from delivery
       where state = 'unreadable' and source = $1 and received_at >= $2`,
      [source, since],
    )
    return Number(found?.count ?? 0)
  },
})

export function createDeliveries(sql: Sql): Deliveries {
  const addSmall = storeTogether<Added>((deliveries) => addAll(sql, deliveries), ADD_AT_MOST)
  return {
    ...looking(sql),
    add: (delivery) =>
      delivery.body.length <= SMALL_BYTES ? addSmall(delivery) : addOne(sql, delivery),
    async claim(id) {
      const found = await row<DeliveryRow>(
        sql,
        `select ${COLUMNS} from delivery where id = $1 and state = 'received' for update skip locked`,
        [id],
      )
      return found === null ? null : toDelivery(found)
    },
    async claimWaiting(besides, limit) {
      const found = await rows<DeliveryRow>(
        sql,
        `select ${COLUMNS} from delivery
         where state = 'received' and not is_isolated and id <> $1 and octet_length(body) <= $2
         order by received_at limit $3 for update skip locked`,
        [besides, SMALL_BYTES, limit],
      )
      return found.map(toDelivery)
    },
    async isolate(id) {
      const found = await row<{ attempts: number }>(
        sql,
        'update delivery set is_isolated = true, attempts = attempts + 1 where id = $1 returning attempts',
        [id],
      )
      return found?.attempts ?? 0
    },
    async finish(ids, state, problem, at) {
      await sql.query(
        'update delivery set state = $2, problem = $3, finished_at = $4 where id = any($1)',
        [ids, state, problem, at],
      )
    },
    async stale(receivedBefore, limit) {
      const found = await rows<{ id: string }>(
        sql,
        `select id from delivery where state = 'received' and received_at < $1
           and not exists (select from graphile_worker.jobs
             where key = 'process_delivery:' || delivery.id and locked_at is null)
         order by received_at limit $2`,
        [receivedBefore, limit],
      )
      return found.map(({ id }) => id)
    },
    async forget(before) {
      await sql.query(`delete from delivery where state = 'processed' and received_at < $1`, [
        before,
      ])
    },
  }
}
