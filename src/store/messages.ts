import type { MessageContent, MessageTarget } from '../domain/message.ts'
import type { Clock } from '../domain/ports/runtime.ts'
import type { Messages, OutboxMessage, Work } from '../domain/ports/store.ts'
import { changed, row, rows, type Sql } from './sql.ts'

interface MessageRow {
  id: string
  key: string
  channel: string
  /** A thread travels with it: it is part of where a message belongs. */
  target: MessageTarget & { thread?: string }
  content: MessageContent
  wanted_version: number
  delivered_version: number
  channel_id: string | null
  ts: string | null
  rendered_hash: string | null
  attempted_at: Date | null
  attempts: number
  is_buried: boolean
}

const toMessage = ({ target: { thread, ...target }, ...from }: MessageRow): OutboxMessage => ({
  id: Number(from.id),
  key: from.key,
  target,
  thread: thread ?? null,
  content: from.content,
  wantedVersion: from.wanted_version,
  deliveredVersion: from.delivered_version,
  channelId: from.channel_id,
  ts: from.ts,
  renderedHash: from.rendered_hash,
  attemptedAt: from.attempted_at,
  attempts: from.attempts,
  isBuried: from.is_buried,
})

function channelOf(target: MessageTarget): string {
  switch (target.kind) {
    case 'ops':
    case 'audit':
      return target.kind
    case 'room':
      return `room:${target.incidentId}`
    case 'person':
      return `person:${target.userId}`
  }
}

const PENDING = 'delivered_version < wanted_version and not is_buried'

const PUT = `
  insert into message (key, channel, target, content, priority, due_at) values ($1, $2, $3, $4, $5, $6)
  on conflict (key) do update set
    wanted_version = message.wanted_version + 1,
    content = excluded.content,
    priority = excluded.priority,
    due_at = case when message.is_buried then excluded.due_at else message.due_at end,
    attempts = case when message.is_buried then 0 else message.attempts end,
    is_buried = false`

/** A post that Slack refuses again and again no longer holds back those behind it. */
const PATIENT_ATTEMPTS = 10

// A post that is not due yet holds back later posts, so that a room reads in order; edits wait for nobody.
const NEXT = `
  with pending as (
    select *, due_at <= $2 as is_due from message where channel = $1 and ${PENDING}
  )
  select * from pending p where is_due and (ts is not null or not exists (
    select 1 from pending earlier
    where earlier.ts is null and not earlier.is_due and earlier.attempts < ${PATIENT_ATTEMPTS}
      and (earlier.priority, earlier.id) < (p.priority, p.id)))
  order by priority, id limit 1`

// Posts that are held back by the first one are not due before it, whatever their own date.
const NEXT_DUE = `
  select min(due_at) as due from (
    select due_at from message where channel = $1 and ${PENDING} and ts is not null
    union all
    (select due_at from message where channel = $1 and ${PENDING} and ts is null
      and attempts < ${PATIENT_ATTEMPTS} order by priority, id limit 1)
    union all
    select due_at from message where channel = $1 and ${PENDING} and ts is null
      and attempts >= ${PATIENT_ATTEMPTS}
  ) as candidate`

const ATTEMPT = `
  update message set attempted_at = coalesce(attempted_at, $4), due_at = $5, attempts = attempts + 1
  where id = $1 and attempts = $2 and delivered_version = $3 and not is_buried`

const DELIVERED = `
  update message set delivered_version = $2, channel_id = $3, ts = $4, rendered_hash = $5,
    due_at = $6, attempted_at = null, attempts = 0, problem = null
  where id = $1 and delivered_version < $2`

const POSTPONE = `
  update message set due_at = $2, problem = $3,
    attempted_at = case when $4 then null else attempted_at end
  where id = $1`

const BURY = `update message set is_buried = true, problem = $2, attempted_at = null where id = $1`

type Writing = Pick<
  Messages,
  'put' | 'touch' | 'touchPlan' | 'attempt' | 'delivered' | 'postpone' | 'bury'
>

function writing(sql: Sql, work: Work, clock: Clock): Writing {
  const enqueue = (channel: string): Promise<void> =>
    work.enqueue('deliver_messages', { channel }, { key: channel })
  return {
    async put({ key, target, content, priority, thread }) {
      const channel = channelOf(target)
      const place = thread === undefined ? target : { ...target, thread }
      const stored = [JSON.stringify(place), JSON.stringify(content)]
      await sql.query(PUT, [key, channel, ...stored, priority, clock.now()])
      await enqueue(channel)
    },
    async touch(key) {
      const touched = await row<{ channel: string }>(
        sql,
        'update message set wanted_version = wanted_version + 1 where key = $1 returning channel',
        [key],
      )
      if (touched !== null) await enqueue(touched.channel)
    },
    async touchPlan(planId) {
      const touched = await rows<{ channel: string }>(
        sql,
        `update message set wanted_version = wanted_version + 1
         where content @> $1 returning channel`,
        [JSON.stringify({ kind: 'plan', planId })],
      )
      for (const channel of new Set(touched.map((one) => one.channel))) await enqueue(channel)
    },
    attempt: (message, at, until) =>
      changed(sql, ATTEMPT, [message.id, message.attempts, message.deliveredVersion, at, until]),
    async delivered(id, { version, channelId, ts, renderedHash, notBefore }) {
      await sql.query(DELIVERED, [id, version, channelId, ts, renderedHash, notBefore])
    },
    async postpone(id, until, problem, isAnswered) {
      await sql.query(POSTPONE, [id, until, problem, isAnswered])
    },
    async bury(id, problem) {
      await sql.query(BURY, [id, problem])
    },
  }
}

type Reading = Pick<Messages, 'next' | 'nextDue' | 'byKey' | 'ofPlan' | 'pendingChannels' | 'depth'>

function reading(sql: Sql): Reading {
  const one = async (text: string, values: readonly unknown[]): Promise<OutboxMessage | null> => {
    const found = await row<MessageRow>(sql, text, values)
    return found === null ? null : toMessage(found)
  }
  return {
    next: (channel, now) => one(NEXT, [channel, now]),
    byKey: (key) => one('select * from message where key = $1', [key]),
    async ofPlan(planId) {
      const about = JSON.stringify({ kind: 'plan', planId })
      const text = 'select * from message where content @> $1 order by id'
      return (await rows<MessageRow>(sql, text, [about])).map(toMessage)
    },
    async nextDue(channel) {
      const found = await row<{ due: Date | null }>(sql, NEXT_DUE, [channel])
      return found?.due ?? null
    },
    async pendingChannels(limit) {
      const found = await rows<{ channel: string }>(
        sql,
        `select channel from message where ${PENDING} group by channel order by min(priority) limit $1`,
        [limit],
      )
      return found.map(({ channel }) => channel)
    },
    async depth() {
      const found = await row<{ count: string }>(
        sql,
        `select count(*) from message where ${PENDING}`,
      )
      return Number(found?.count ?? 0)
    },
  }
}

/** The outbox. Its rows are the truth and the lock; the job only says that a channel has work. */
export const createMessages = (sql: Sql, work: Work, clock: Clock): Messages => ({
  ...writing(sql, work, clock),
  ...reading(sql),
})
