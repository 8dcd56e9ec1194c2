import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS, type Role } from '../../src/domain/policy.ts'
import { DEFAULT_POLICY } from '../../src/domain/settings.ts'
import { systemClock } from '../../src/runtime.ts'
import { remind } from '../../src/usecases/actions/remind.ts'
import { carryOut, order, preview } from '../helpers/acting.ts'
import { CEM, createGuardedWorld, direct, request, untilCard } from '../helpers/approving.ts'
import { ANA, aSettings, BEN, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createToyPeople } from '../helpers/toy-people.ts'
import type { World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const payment = new Queue('payment', { connection: client })
const email = new Queue('email', { connection: client })
const queues = ['payment']
const LEAD: Role = {
  name: 'lead',
  users: [BEN, CEM],
  groups: [],
  queues: ['*'],
  tiers: ALL_TIERS,
  actions: [],
  approves: ACTION_KINDS,
  breaksGlass: [],
}

beforeAll(async () => {
  await payment.add('charge', {})
  await email.add('send', {})
})
beforeEach(() => payment.resume())
afterAll(async () => {
  await Promise.all([payment.close(), email.close()])
  client.disconnect()
})

describe('whoever must judge a resume', () => {
  it('sees who stopped the queue, since when and why', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await carryOut(world, ANA, 'pause payment for 15m')
    await world.query(`update hold set started_at = started_at - interval '20 minutes'`)
    await request(world, BEN, 'resume payment')
    const card = await untilCard(world, direct(CEM), /Approval needed/)
    expect(JSON.stringify(world.person(BEN).modal().view)).toContain(
      'the card in <#C0OPS> shows what becomes of it, and you are told directly',
    )
    expect(card).toContain('Ask back in <#C0OPS>')
    expect(card).toMatch(/It would end.*Paused by <@U0ANA> since \d\d:\d\d, until.*“for a test”/s)
  })
})

describe('whoever asked for what others must approve', () => {
  it('is told directly, once, of approval, outcome and expiry', async () => {
    const world = await createGuardedWorld({ redis, queues })
    const said = (words: RegExp): readonly string[] =>
      world.texts(direct(ANA)).filter((text) => words.test(text))
    await request(world, ANA, 'pause payment for 1h')
    await world.person(CEM).command('/queue', 'approve 1', OPS)
    await untilText(world, direct(ANA), /^<@U0CEM> approved <@U0ANA>'s request/)
    await untilText(world, direct(ANA), /^<@U0ANA> paused `sales\/payment` until/)

    await order(world, ANA, 'pause payment for 2h')
    await eventually('the second request, expired', async () => {
      const expired = await world.query(
        `update plan set expires_at = now() where state = 'requested' returning id`,
      )
      return expired.length === 1
    })
    await untilText(world, direct(ANA), /^The request expired/)
    expect(said(/approved <@/)).toHaveLength(1)
    expect(said(/paused `sales/)).toHaveLength(1)
  })
})

describe('reminders', () => {
  it('also go directly to who may approve, and to who holds a queue without an end', async () => {
    const world = await createGuardedWorld({ redis, queues: ['payment', 'email'] })
    await preview(world, BEN, 'pause email')
    await world.person(BEN).submit({
      ...reason('the provider is down'),
      'spillway:hold_block': { 'spillway:hold': { selected_option: { value: 'open' } } },
    })
    await untilModal(world, BEN, /: done/)
    // Who could act alone has seen it in the modal.
    expect(world.texts(direct(BEN))).toEqual([])

    await request(world, ANA, 'pause payment for 1h')
    await remindNow(world)
    await untilText(world, direct(CEM), /^The pause .* still waits for 1 approval/)
    await untilText(world, direct(BEN), /without an end: “the provider is down”/)
    expect(world.texts(direct(ANA)).filter((text) => /still waits/.test(text))).toEqual([])
  })
})

/** As the clock would after the time between two reminders. */
const remindNow = (world: World): Promise<void> =>
  remind({
    store: world.app().store,
    chat: createToyPeople(() => false),
    clock: systemClock,
    settings: {
      ...aSettings(),
      roles: [LEAD],
      policy: { ...DEFAULT_POLICY, remindMs: 0, holdReminderMs: 0 },
    },
  })
