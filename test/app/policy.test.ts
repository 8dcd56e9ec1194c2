import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS, type Role } from '../../src/domain/policy.ts'
import { DEFAULT_RULE } from '../../src/domain/settings.ts'
import { auditTrail, carryOut, preview } from '../helpers/acting.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
import { untilAnswer, untilModal } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })
const payment = new Queue('payment', { connection: client })

beforeAll(async () => {
  await email.add('send', {})
  await payment.add('charge', {})
})
beforeEach(() => email.resume())
afterAll(async () => {
  await Promise.all([email.close(), payment.close()])
  client.disconnect()
})

const aRole = (over: Partial<Role>): Role => ({
  name: 'operator',
  users: [],
  groups: [],
  queues: ['*'],
  tiers: ALL_TIERS,
  actions: ACTION_KINDS,
  approves: [],
  breaksGlass: [],
  ...over,
})

/** Ana by her group, Ben by his id; Vic not at all. */
const roles = [aRole({ groups: ['S0ONCALL'] }), aRole({ name: 'locked', users: [BEN] })]

/** Slack carries messages and clicks, but tells nothing of people. */
function peopleAway({ slack }: World): void {
  for (const method of ['users.info', 'usergroups.users.list'])
    slack.failNext(method, { kind: 'status', status: 503 }, 1000)
}

const denials = async (world: World) =>
  (await auditTrail(world)).filter(({ kind }) => kind === 'denied')

describe('while Slack cannot say who somebody is', () => {
  it('refuses who holds a role by a group, with that reason; the locked list goes on', async () => {
    const world = await createWorld({ redis, queues: ['email'], settings: { roles } })
    peopleAway(world)
    await world.person(ANA).command('/queue', 'pause email for 30m', OPS)
    await untilModal(
      world,
      ANA,
      /You need the role \*operator\* or \*locked\*.*Slack does not answer, so nobody can say.*Ask <@U0BEN>/s,
    )
    await world.person(ANA).command('/queue', 'status email', OPS)
    await untilAnswer(world, ANA, OPS, /Slack does not answer, so nobody can say who you are/)
    expect(await email.isPaused()).toBe(false)
    expect(await denials(world)).toMatchObject([
      { action: 'pause', subject: 'sales/email', facts: { isVerified: false } },
      { action: 'use', subject: 'Spillway' },
    ])

    await carryOut(world, BEN, 'pause email for 30m')
    expect(await email.isPaused()).toBe(true)
  })
})

describe('a role for some tiers', () => {
  it('ends where a queue is of another, and the refusal says who could', async () => {
    const rule = { owners: [], group: null, thresholds: DEFAULT_RULE.thresholds }
    const world = await createWorld({
      redis,
      queues: ['email', 'payment'],
      settings: {
        roles: [
          aRole({ groups: ['S0ONCALL'], tiers: ['medium'] }),
          aRole({ name: 'lead', users: [BEN] }),
        ],
        queueRules: [{ ...rule, match: 'sales/payment', tier: 'critical' }],
      },
    })
    await world.person(ANA).command('/queue', 'pause payment for 5m', OPS)
    await untilModal(
      world,
      ANA,
      /You need the role \*lead\* to pause `sales\/payment`.*Ask <@U0BEN>/s,
    )
    expect(await denials(world)).toMatchObject([
      { subject: 'sales/payment', facts: { right: 'order', roles: ['lead'], isVerified: true } },
    ])
    expect(await payment.isPaused()).toBe(false)
    await preview(world, ANA, 'pause email for 30m')
  })
})
