import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import type pg from 'pg'

import { OPS } from '../../test/helpers/config-of.ts'
import type { FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { createPerson } from '../../test/slack/signed.ts'
import { note } from '../checker/ledgers.ts'
import { OPERATORS, type Scene } from './scene.ts'
import { letHoldsEnd, letPlansLapse } from './time.ts'

/** Without any progress for so long, which is longer than a lease or the wait after a freeze, it is stuck. */
const STILL_MS = 120_000
/** Headlines are edited for ever, which looks like progress. */
const SETTLE_MS = 600_000

/**
 * Nothing more is asked for; holds end; whatever was begun comes to its end, or to a standstill. Slack takes a
 * message a second per channel, so that telling it all can take minutes.
 */
export async function settle(
  scene: Pick<Scene, 'client' | 'slack' | 'slackUrl' | 'field'>,
  redisUrl: string,
): Promise<void> {
  const { client, field } = scene
  const redis = new Redis(redisUrl)
  await letPlansLapse(client)
  try {
    const end = Date.now() + SETTLE_MS
    let seen = { open: NOTHING, at: Date.now() }
    for (; Date.now() < Math.min(end, seen.at + STILL_MS); await sleep(250)) {
      if (await isFrozen(client)) await thaw(scene)
      const open = await whatIsOpen(client)
      if (open !== seen.open) seen = { open, at: Date.now() }
      if (open !== NOTHING) continue
      await letHoldsEnd(client)
      const isOver = (await whatIsOpen(client)) === NOTHING
      if (isOver && (await isWorkedOff(redis, field.queues))) return
    }
  } finally {
    redis.disconnect()
  }
}

const isFrozen = async (client: pg.Pool): Promise<boolean> =>
  (await client.query('select from control')).rows.length > 0

async function thaw({ slack, slackUrl }: Pick<Scene, 'slack' | 'slackUrl'>): Promise<void> {
  await createPerson(slack, slackUrl, OPERATORS[0]).command('/queue', 'freeze off', OPS)
}

const NOTHING = ''

/** One text for each set of things that are under way. A hold whose time has not come may stay. */
async function whatIsOpen(client: pg.Pool): Promise<string> {
  const { rows } = await client.query<{ id: string }>(`
    select id::text from plan where state in ('planned', 'requested', 'confirmed', 'executing')
    union all select id::text from delivery where state = 'received'
    union all select id || ' ' || delivered_version from message where delivered_version < wanted_version and not is_buried
    union all select incident_id || step from room_step where state <> 'done'
    union all select id::text from hold where ended_at is null and ends_at <= now()`)
  return rows
    .map(({ id }) => id)
    .toSorted()
    .join()
}

async function isWorkedOff(redis: Redis, queues: readonly string[]): Promise<boolean> {
  const lengths = await Promise.all(
    queues.flatMap((queue) =>
      ['wait', 'paused', 'active'].map((list) => redis.llen(`bull:${queue}:${list}`)),
    ),
  )
  return lengths.every((length) => length === 0)
}

/** What Slack really has, by the key that each message carries. */
export function notePosts(slack: FakeSlack, ledgers: string): void {
  for (const channel of slack.state.channels.values())
    for (const { metadata } of channel.messages) {
      const key = (metadata as { event_payload?: { key?: string } } | null)?.event_payload?.key
      if (key !== undefined) note(ledgers, isDirect(channel) ? 'sent' : 'posted', key)
    }
}

const isDirect = ({ id }: { readonly id: string }): boolean => id.startsWith('D')
