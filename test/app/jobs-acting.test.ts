import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, order, preview } from '../helpers/acting.ts'
import { CEM, createGuardedWorld, untilCard } from '../helpers/approving.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
import { failJobs, idsIn, queueJobs, wholeJobs } from '../helpers/failed-jobs.ts'
import { untilAnswer, untilModal } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import type { World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const queues = ['email', 'bulk', 'outreach:sms', 'outreach:call']

beforeEach(() => client.flushdb())
afterAll(() => client.disconnect())

const phrase = (value: string) => ({
  'spillway:phrase_block': { 'spillway:phrase': { type: 'plain_text_input', value } },
})
const accountsAddUp = (count: number): RegExp =>
  new RegExp(`${count} planned = ${count} done \\+ 0 skipped \\+ 0 failed \\+ 0 returned`)
const heldRows = async (world: World): Promise<number> =>
  (await world.query("select from vault_job where state = 'held'")).length

describe('quarantine', () => {
  it('shows which jobs, takes them into the vault, and puts them back as they were', async () => {
    await failJobs(client, 'email', 30, { type: 'send' })
    await failJobs(client, 'email', 5, { type: 'digest', error: 'Unexpected token' })
    const before = await wholeJobs(client, 'email')
    const world = await createGuardedWorld({ redis, queues })

    await preview(world, ANA, 'quarantine email error:~ETIMEDOUT')
    const shown = await untilModal(world, ANA, /"Quarantine 30 jobs"/)
    expect(shown).toMatch(/30 failed jobs.*that match.*error:~ETIMEDOUT.*of 35 failed ones/)
    expect(shown).toContain('e.g. job `send-')
    expect(shown).toMatch(/Failed with.*connect ETIMEDOUT/)
    expect(shown).not.toContain('hunter2')
    await world.person(ANA).submit(reason('the provider is down'))
    const card = await untilCard(world, OPS, /Quarantine of .*: done/)
    expect(card).toMatch(accountsAddUp(30))
    expect(card).toMatch(/35 failed → after:.* 5 failed/)
    expect(await idsIn(client, 'email', 'failed')).toHaveLength(5)
    expect(await heldRows(world)).toBe(30)

    await world.person(BEN).click('spillway:undo', OPS)
    await untilModal(world, BEN, /takes plan 1 back.*failed ones stay failed.*can be confirmed/s)
    await world.person(BEN).submit(reason('it is back'))
    await untilCard(world, OPS, /Release of .*: done/)
    expect(await wholeJobs(client, 'email')).toEqual(before)
    expect(await auditCounts(world)).toEqual({
      planned: 2,
      confirmed: 2,
      intent: 2,
      step: 2,
      outcome: 2,
    })
  })
})

describe('a filter with a value out of payloads', () => {
  it('is redacted in the preview and in the trail, where the whole can be erased', async () => {
    await failJobs(client, 'email', 3, { type: 'send' })
    const world = await createGuardedWorld({ redis, queues })
    await preview(world, ANA, 'quarantine email data.password=hunter2')
    const shown = await untilModal(world, ANA, /"Quarantine 3 jobs"/)
    expect(shown).toContain('data.password=')
    expect(shown).not.toContain('hunter2')
    const entries = await world.query("select from audit_entry where text like '%hunter2%'")
    expect(entries).toEqual([])
    const [entry] = await world.query<{ readonly facts: unknown }>(
      "select text::json->'facts' as facts from audit_entry where text like '%data.password%'",
    )
    expect(entry?.facts).toMatchObject({
      jobs: { filter: 'data.password="[redacted]"' },
      filter: { payload: { hash: expect.any(String) } },
    })
    const beside = await world.query<{ readonly text: string }>(
      "select convert_from(content, 'UTF8') as text from audit_payload",
    )
    expect(beside.map(({ text }) => text)).toContain('data.password=hunter2')
    await preview(world, ANA, 'quarantine email data.customer.name=hunter2')
    expect(await untilModal(world, ANA, /There are no failed jobs/)).not.toContain('hunter2')
  })
})

describe('retry', () => {
  it('of one failure is a replay where they are many; more than fifty need somebody else', async () => {
    await failJobs(client, 'email', 60, { type: 'send' })
    await failJobs(client, 'email', 3, { type: 'digest', error: 'Unexpected token' })
    const world = await createGuardedWorld({ redis, queues })
    await world.person(ANA).command('/queue', 'failed email', OPS)
    await untilAnswer(world, ANA, OPS, /\*60×\*.*\*3×\*/s)
    await world.person(ANA).click('spillway:replay', OPS)
    await untilModal(world, ANA, /"Replay 60 jobs".*10 → 5 → 45.*approval of 1 other person/s)
    await preview(world, ANA, 'retry email type:send')
    await untilModal(world, ANA, /"Retry 60 jobs".*approval of 1 other person/s)
    await world.person(ANA).submit(reason('the provider answers again'))
    await untilModal(world, ANA, /Asked for approval/)
    expect(await idsIn(client, 'email', 'failed')).toHaveLength(63)
    await untilCard(world, OPS, /Approval needed/)
    await world.person(CEM).click('spillway:approve', OPS)
    expect(await untilCard(world, OPS, /Retry of .*: done/)).toMatch(accountsAddUp(60))
    expect(await idsIn(client, 'email', 'failed')).toEqual(['digest-0', 'digest-1', 'digest-2'])
    expect(await idsIn(client, 'email', 'wait')).toHaveLength(60)
  })

  it('is one plan for several queues, and tells of each where its jobs are', async () => {
    await failJobs(client, 'outreach:sms', 4, { type: 'sms' })
    await failJobs(client, 'outreach:call', 5, { type: 'call' })
    const world = await createGuardedWorld({ redis, queues })
    await order(world, ANA, 'retry outreach:*')
    expect(await untilCard(world, OPS, /Retry of .*: done/)).toMatch(accountsAddUp(9))
    expect(await idsIn(client, 'outreach:sms', 'wait')).toHaveLength(4)
    expect(await idsIn(client, 'outreach:call', 'wait')).toHaveLength(5)
  })
})

describe('drain', () => {
  it('is refused while the queue runs; then a phrase and another person empty it into the vault', async () => {
    await queueJobs(redis, 'email', 40)
    const world = await createGuardedWorld({ redis, queues })
    const ana = world.person(ANA)
    await ana.command('/queue', 'drain email', OPS)
    await untilModal(world, ANA, /is not paused: workers would go on.*pause email/s)
    await client.hset('bull:email:meta', 'paused', '1')
    await client.rename('bull:email:wait', 'bull:email:paused')

    await preview(world, ANA, 'drain email')
    await untilModal(world, ANA, /approval of 1 other person.*Type .*DRAIN email.* to confirm/s)
    await ana.submit({ ...reason('they were all sent already'), ...phrase('drain it') })
    expect(await idsIn(client, 'email', 'paused')).toHaveLength(40)
    await ana.submit({
      ...reason('they were all sent already'),
      ...phrase('DRAIN email'),
    })
    await untilModal(world, ANA, /Asked for approval/)
    await untilCard(world, OPS, /Approval needed/)
    await world.person(CEM).click('spillway:approve', OPS)
    expect(await untilCard(world, OPS, /Drain of .*: done/)).toMatch(accountsAddUp(40))
    expect(await idsIn(client, 'email', 'paused')).toEqual([])
    expect(await heldRows(world)).toBe(40)
  })
})
