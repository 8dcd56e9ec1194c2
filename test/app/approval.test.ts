import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, auditTrail } from '../helpers/acting.ts'
import {
  CEM,
  createGuardedWorld,
  direct,
  request,
  tokenOnCard,
  untilCard,
  untilReminder,
} from '../helpers/approving.ts'
import { ANA, BEN, OPS, VIC } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { answersTo, untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import type { World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const queues = ['payment']
const card = new Queue('payment', { connection: client })
const jobs = (count: number) => Array.from({ length: count }, () => ({ name: 'charge', data: {} }))

beforeAll(async () => {
  await card.addBulk(jobs(25))
})
beforeEach(async () => {
  await card.resume()
})
afterAll(async () => {
  await card.close()
  client.disconnect()
})

const PAUSE = 'pause payment for 1h'

const over = (world: World, state: string): Promise<unknown> =>
  eventually(`a plan that is ${state}`, async () => {
    const found = await world.query('select from plan where state = $1', [state])
    return found.length === 1
  })

/** Seconds until a request or a preview is too old, made to pass. */
const letExpire = (world: World): Promise<unknown> =>
  world.query(`update plan set expires_at = now() where state in ('planned', 'requested')`)

describe('a request for approval', () => {
  it('is shown and sent to others, refused to the requester and to who may not, and carried out once', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await world.fire({ queue: 'payment' })
    const room = await world.room()
    await request(world, ANA, PAUSE, room)
    await untilCard(world, room, /Approval needed.*<@U0ANA> asks.*for a test.*0 of 1 approval/s)
    for (const person of [BEN, CEM]) await untilCard(world, direct(person), /Approval needed/)
    expect(world.slack.state.channels.has(direct(ANA))).toBe(false)
    expect(await card.isPaused()).toBe(false)

    await world.person(ANA).click('spillway:approve', room)
    await untilAnswer(world, ANA, room, /You asked for this yourself; another person has to judge/)
    await world.person(VIC).click('spillway:approve', room)
    await untilAnswer(world, VIC, room, /You need the role \*lead\* to approve.*<@U0(BEN|CEM)>/s)
    expect(await auditCounts(world)).toEqual({ planned: 1, requested: 1, denied: 2 })
    expect(await card.isPaused()).toBe(false)

    const late = tokenOnCard(world, room, 'spillway:approve')
    await world.person(BEN).click('spillway:approve', direct(BEN))
    await untilText(world, room, /<@U0BEN> approved <@U0ANA>'s request.*It is carried out now/)
    const done = await untilCard(world, room, /Pause of .* for 1 h: done.*Approved by <@U0BEN>/s)
    expect(done).not.toMatch(/spillway:(approve|reject|withdraw|stop)/)
    expect(await untilCard(world, direct(CEM), /: done/)).not.toMatch(/spillway:approve/)
    expect(await card.isPaused()).toBe(true)
    expect(await card.count()).toBe(25)

    await world.person(CEM).clickValue('spillway:approve', late, room)
    await untilAnswer(world, CEM, room, /Too late: pause was approved by <@U0BEN> at \d\d:\d\d/)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      requested: 1,
      denied: 2,
      approved: 1,
      intent: 1,
      step: 1,
      outcome: 1,
    })
  })

  it('takes one of two words that come at once, on two replicas, and says so to the other', async () => {
    const world = await createGuardedWorld({ redis, queues })
    const second = await world.replica()
    await request(world, ANA, PAUSE)
    await untilCard(world, OPS, /Approval needed/)
    const token = tokenOnCard(world, OPS, 'spillway:approve')
    const people = [BEN, CEM, BEN, CEM]
    await Promise.all(
      people.map((user, index) =>
        (index % 2 === 0 ? world.person(user) : world.personAt(second, user)).clickValue(
          'spillway:approve',
          token,
          OPS,
        ),
      ),
    )
    await untilCard(world, OPS, /: done/)
    for (const user of [BEN, CEM]) await untilAnswer(world, user, OPS, /You approved the|Too late/)
    await eventually(
      'each click is answered in words',
      () => {
        const answers = [BEN, CEM].flatMap((user) => answersTo(world, user, OPS))
        return (
          answers.length === 4 &&
          answers.every((text) => /You approved|Too late|already/.test(text))
        )
      },
      () => [BEN, CEM].map((user) => answersTo(world, user, OPS)),
    )
    const { approved, intent, outcome } = await auditCounts(world)
    expect({ approved, intent, outcome }).toEqual({ approved: 1, intent: 1, outcome: 1 })
  })

  it('waits for as many as policy demands, each once; by command, by mention, on the card', async () => {
    const approvers = [
      { match: 'sales/payment*', tiers: ['critical'], actions: ['pause'], count: 2 },
    ] as const
    const world = await createGuardedWorld({ redis, queues, policy: { approvers } })
    await request(world, ANA, PAUSE)
    await world.person(CEM).command('/queue', 'approve 1', OPS)
    await untilAnswer(world, CEM, OPS, /You approved the pause.*It needs another person as well/i)
    await untilCard(world, OPS, /1 of 2 approvals: <@U0CEM>/)
    await world.person(CEM).command('/queue', 'approve 1', OPS)
    await untilAnswer(world, CEM, OPS, /You have approved this already/)
    await world.person(ANA).mention('approve 1', OPS)
    await untilAnswer(world, ANA, OPS, /You asked for this yourself/)
    expect(await card.isPaused()).toBe(false)
    await world.person(BEN).mention('approve 1', OPS)
    await untilCard(world, OPS, /: done.*Approved by <@U0CEM> [\d:]+, <@U0BEN>/s)
    expect(await card.isPaused()).toBe(true)
    expect((await auditCounts(world))['approved']).toBe(2)
  })
})

describe('a request that comes to nothing', () => {
  it('is rejected without a reason, or withdrawn by who asked and nobody else; nothing is touched', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await request(world, ANA, PAUSE)
    await untilCard(world, OPS, /Approval needed/)
    await world.person(CEM).click('spillway:withdraw', OPS)
    await untilAnswer(world, CEM, OPS, /Only <@U0ANA> can withdraw this request/)
    await world.person(CEM).click('spillway:reject', OPS)
    await untilText(world, OPS, /<@U0CEM> rejected <@U0ANA>'s request/)
    expect(await untilCard(world, OPS, /rejected it/)).not.toMatch(/spillway:approve/)

    await request(world, ANA, PAUSE)
    await untilCard(world, OPS, /Approval needed/)
    const late = tokenOnCard(world, OPS, 'spillway:approve')
    await world.person(ANA).click('spillway:withdraw', OPS)
    await untilCard(world, OPS, /<@U0ANA> withdrew it/)
    await world.person(BEN).clickValue('spillway:approve', late, OPS)
    await untilAnswer(world, BEN, OPS, /Too late: pause was withdrawn by <@U0ANA>/)
    await world.person(BEN).command('/queue', 'approve 2', OPS)
    await untilAnswer(world, BEN, OPS, /Too late for the pause.*<@U0ANA> withdrew it/i)
    expect(await card.isPaused()).toBe(false)
    expect(await auditCounts(world)).toEqual({
      planned: 2,
      requested: 2,
      denied: 1,
      rejected: 1,
      withdrawn: 1,
    })
  })

  it('reminds, then expires and tells who asked; what is said later is refused', async () => {
    const world = await createGuardedWorld({ redis, queues, policy: { remindMs: 200 } })
    await request(world, ANA, PAUSE)
    await untilReminder(world, OPS, /<@U0BEN>.*<@U0CEM>.*still waits for 1 approval.*expires in/s)
    await letExpire(world)
    await world.person(BEN).command('/queue', 'approve 1', OPS)
    await untilAnswer(world, BEN, OPS, /This request expired at|Nobody approved it in time/)
    await untilText(world, OPS, /<@U0ANA>.*The request expired.*Nobody approved it in time/)
    await untilCard(world, OPS, /Nobody approved it in time.*spillway:again/s)
    expect(await card.isPaused()).toBe(false)
    expect(await auditCounts(world)).toEqual({ planned: 1, requested: 1, expired: 1 })
    await world.person(ANA).click('spillway:again', OPS)
    await untilModal(world, ANA, /can be confirmed until/)
  }, 60_000)

  it('is void when somebody else was faster; who asked is told, and sees what is true when they confirm', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await request(world, ANA, PAUSE)
    await card.pause()
    await world.person(BEN).command('/queue', 'approve 1', OPS)
    await untilAnswer(world, BEN, OPS, /This request is void: .*was paused meanwhile/)
    await untilText(world, OPS, /<@U0ANA>.*The request is void.*was paused meanwhile/)
    await over(world, 'expired')

    // A resume minds how many more jobs would run than were shown.
    await world.person(ANA).command('/queue', 'resume payment', OPS)
    await untilModal(world, ANA, /Paused, but not by Spillway.*can be confirmed until/s)
    await card.addBulk(jobs(200))
    await world.person(ANA).submit(reason('it looks well'))
    await untilModal(world, ANA, /has 225 jobs that would run, not 25.*can be confirmed until/s)
    expect(await card.isPaused()).toBe(true)
    await world.person(BEN).command('/queue', 'approve 3', OPS)
    await untilAnswer(world, BEN, OPS, /Nobody asked for approval of the resume.*<@U0ANA> has not/i)
    await world.person(ANA).submit(reason('it looks well'))
    await untilCard(world, OPS, /Approval needed.*resume/is)
    await card.addBulk(jobs(200))
    await world.person(BEN).command('/queue', 'approve 3', OPS)
    await untilAnswer(world, BEN, OPS, /void: .*has 425 jobs that would run, not 225/)
    expect(await card.isPaused()).toBe(true)
    const trail = await auditTrail(world)
    expect(trail.map(({ kind }) => kind)).toEqual([
      'planned',
      'requested',
      'voided',
      'planned',
      'voided',
      'planned',
      'requested',
      'voided',
    ])
  })

  it('begins nothing while a freeze that came after the approval is in force', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await request(world, ANA, PAUSE)
    await world.person(BEN).command('/queue', 'freeze deploy', OPS)
    await untilText(world, OPS, /<@U0BEN> froze all actions/)
    await world.person(CEM).command('/queue', 'approve 1', OPS)
    await untilAnswer(world, CEM, OPS, /<@U0BEN> froze all actions/)
    expect(await auditCounts(world)).toEqual({ planned: 1, requested: 1, frozen: 1 })
    await world.person(BEN).command('/queue', 'freeze off', OPS)
    await untilText(world, OPS, /lifted the freeze/)
    await world.person(CEM).command('/queue', 'approve 1', OPS)
    await untilCard(world, OPS, /: done/)
    expect(await card.isPaused()).toBe(true)
  })
})
