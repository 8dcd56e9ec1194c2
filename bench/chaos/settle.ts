import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import type pg from 'pg'

import { OPS } from '../../test/helpers/config-of.ts'
import type { FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { createPerson } from '../../test/slack/signed.ts'
import { note } from '../checker/ledgers.ts'
import { OPERATORS, type Scene } from './scene.ts'
import { letHoldsEnd, letPlansLapse } from './time.ts'

/** Longer than a lease, and than the wait after a freeze. */
const SETTLE_MS = 120_000

/** Nothing more is asked for; holds end; whatever was begun comes to its end, or the time is up. */
export async function settle(
  scene: Pick<Scene, 'client' | 'slack' | 'slackUrl' | 'field'>,
  redisUrl: string,
): Promise<void> {
  const { client, field } = scene
  const redis = new Redis(redisUrl)
  await letPlansLapse(client)
  try {
    for (const until = Date.now() + SETTLE_MS; Date.now() < until; await sleep(250)) {
      if (await isFrozen(client)) await thaw(scene)
      if (!(await isQuiet(client))) continue
      await letHoldsEnd(client)
      if ((await isQuiet(client)) && (await isWorkedOff(redis, field.queues))) return
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

/** Nothing is under way. A hold whose time has not come may stay. */
async function isQuiet(client: pg.Pool): Promise<boolean> {
  const { rows } = await client.query(`
    select from plan where state in ('planned', 'requested', 'confirmed', 'executing')
    union all select from delivery where state = 'received'
    union all select from message where delivered_version < wanted_version and not is_buried
    union all select from room_step where state <> 'done'
    union all select from hold where ended_at is null and ends_at <= now()`)
  return rows.length === 0
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
