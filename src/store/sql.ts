import type { QueryResult, QueryResultRow } from 'pg'

import type { Actor } from '../domain/action.ts'
import type { QueueOverview, QueueRef } from '../domain/queue.ts'
import { NO_THROTTLE } from '../domain/throttle.ts'

/** What repositories ask: a pool, or the one client of a transaction. */
export interface Sql {
  query<R extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>
}

export async function rows<R extends QueryResultRow>(
  sql: Sql,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  return (await sql.query<R>(text, values)).rows
}

export async function row<R extends QueryResultRow>(
  sql: Sql,
  text: string,
  values: readonly unknown[] = [],
): Promise<R | null> {
  return (await rows<R>(sql, text, values))[0] ?? null
}

/** True if the statement changed a row: how a compare-and-set tells the winner. */
export async function changed(
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<boolean> {
  return ((await sql.query(text, values)).rowCount ?? 0) > 0
}

export const refOf = (from: { system: string; queue: string }): QueueRef => ({
  system: from.system,
  queue: from.queue,
})

export const actorOf = (from: { team_id: string; user_id: string }): Actor => ({
  teamId: from.team_id,
  userId: from.user_id,
})

/** JSON has no dates: what reads back from a column as an overview holds a text where its date was. */
export const reviveOverview = (
  stored: Omit<QueueOverview, 'throttle'> & { readonly throttle?: QueueOverview['throttle'] },
): QueueOverview => ({
  ...stored,
  // Older rows are from before limits were looked at.
  throttle: stored.throttle ?? NO_THROTTLE,
  oldestWaitingAt: stored.oldestWaitingAt === null ? null : new Date(stored.oldestWaitingAt),
})
