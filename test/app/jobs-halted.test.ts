import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { auditTrail, preview } from '../helpers/acting.ts'
import { CEM, createGuardedWorld, untilCard } from '../helpers/approving.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
import { failJobs, idsIn } from '../helpers/failed-jobs.ts'
import { holdBack } from '../helpers/hold-back.ts'
import { untilAnswer, untilModal } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import type { World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const queues = ['email']

beforeEach(() => client.flushdb())
afterAll(() => client.disconnect())

/** A quarantine of so many, approved, whose third slice of a thousand cannot end: the fourth is in hand by then. */
async function inTheMiddle(count: number) {
  await failJobs(client, 'email', count, { type: 'send' })
  const world = await createGuardedWorld({ redis, queues })
  await preview(world, ANA, 'quarantine email')
  await world.person(ANA).submit(reason('poison'))
  await untilCard(world, OPS, /Approval needed/)
  const third = await holdBack(world, 'plan_slice', "new.state = 'done' and new.position = 2")
  await world.person(CEM).click('spillway:approve', OPS)
  await third.reached()
  await untilCard(world, OPS, /Quarantining .*[▓░]{12} 2,000 of/s)
  return { world, third }
}

/** Each job is in one place; gives how many the vault has. */
async function expectNoneLost(world: World, count: number): Promise<number> {
  const left = await idsIn(client, 'email', 'failed')
  const held = await world.query<{ id: string }>(
    "select job_id as id from vault_job where state = 'held'",
  )
  const all = new Set([...left, ...held.map(({ id }) => id)])
  expect([all.size, left.length + held.length]).toEqual([count, count])
  return held.length
}

describe('in the middle of many jobs', () => {
  it('Stop brings the slices in hand to their end, and leaves the others where they are', async () => {
    const { world, third } = await inTheMiddle(20_000)
    await world.person(BEN).click('spillway:stop', OPS)
    await untilAnswer(world, BEN, OPS, /jobs in hand are brought to their end/)
    await untilCard(world, OPS, /Asked to stop.* by <@U0BEN>/)
    await third.letGo()
    const card = await untilCard(world, OPS, /Quarantine of .*: stopped/)
    expect(card).toContain(
      '20,000 planned = 4,000 done + 0 skipped + 0 failed + 16,000 returned; unexplained 0',
    )
    expect(card).toMatch(/<@U0BEN> stopped it: 16,000 jobs were not touched/)
    expect(card).toContain('Undo: put back')
    expect(await expectNoneLost(world, 20_000)).toBe(4000)
    const kinds = (await auditTrail(world)).map(({ kind }) => kind)
    expect(kinds).toEqual([
      'planned',
      'requested',
      'approved',
      'intent',
      'stopped',
      'step',
      'outcome',
    ])
  })

  it('a freeze does the same, and says whose it was', async () => {
    const { world, third } = await inTheMiddle(5000)
    await world.person(BEN).command('/queue', 'freeze the vault grows too fast', OPS)
    await untilAnswer(world, BEN, OPS, /[Ff]r[oe]zen|freeze/)
    await third.letGo()
    const card = await untilCard(world, OPS, /Quarantine of .*: stopped/)
    expect(card).toMatch(/<@U0BEN> froze all actions: 1,000 jobs were not touched/)
    expect(await expectNoneLost(world, 5000)).toBe(4000)
  })
})

describe('before it begins', () => {
  it('a plan whose jobs are gone meanwhile is void, and shown anew', async () => {
    await failJobs(client, 'email', 40, { type: 'send' })
    const world = await createGuardedWorld({ redis, queues })
    await preview(world, ANA, 'quarantine email')
    const gone = (await idsIn(client, 'email', 'failed')).slice(0, 15)
    await client.zrem('bull:email:failed', ...gone)
    await world.person(ANA).submit(reason('poison'))
    await untilModal(world, ANA, /no longer holds.*38 % are no longer where.*25 failed jobs/s)
    await world.person(ANA).submit(reason('poison'))
    await untilCard(world, OPS, /25 planned = 25 done/)
    expect(await idsIn(client, 'email', 'failed')).toEqual([])
  })

  it('fewer that are gone are skipped, each with its reason', async () => {
    await failJobs(client, 'email', 40, { type: 'send' })
    const world = await createGuardedWorld({ redis, queues })
    await preview(world, ANA, 'retry email limit:30')
    const [first = ''] = await idsIn(client, 'email', 'failed')
    await client.zrem('bull:email:failed', first)
    await client.del(`bull:email:${first}`)
    await world.person(ANA).submit(reason('again'))
    const card = await untilCard(world, OPS, /Retry of .*: done/)
    expect(card).toContain('30 planned = 29 done + 1 skipped')
    expect(card).toMatch(/29 of 30 jobs.*1 skipped: 1 /)
  })
})
