import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import { auditCounts, preview } from '../helpers/acting.ts'
import { createGuardedWorld, untilCard } from '../helpers/approving.ts'
import { loadBot } from '../helpers/bot-child.ts'
import { ANA, BEN, configOf, OPS, WORKSPACE } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilModal, untilText } from '../helpers/looking.ts'
import { freshDatabase } from '../helpers/postgres.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import type { World } from '../helpers/world.ts'
import { startFakeSlack } from '../slack/fake-slack/server.ts'
import { createPerson } from '../slack/signed.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
/** Each slice is watched for seconds, on a machine that may be busy. */
const PATIENCE_MS = 90_000
/** More than two slices. */
const MANY = 60
const names = Array.from({ length: MANY }, (_, n) => `out-${String(n).padStart(2, '0')}`)
const all = names.map((name) => new Queue(name, { connection: client }))

beforeAll(() => Promise.all(all.map((queue) => queue.add('send', {}))))
beforeEach(() => Promise.all(all.map((queue) => queue.resume())))
afterAll(async () => {
  await Promise.all(all.map((queue) => queue.close()))
  client.disconnect()
})

const paused = async (): Promise<readonly string[]> => {
  const flags = await Promise.all(all.map((queue) => queue.isPaused()))
  return names.filter((_, index) => flags[index] === true)
}

/** The newest entry of each queue's own stream of events. */
const lastEvents = (): Promise<readonly string[]> =>
  Promise.all(
    names.map(async (name) => {
      const [last] = await client.xrevrange(`bull:${name}:events`, '+', '-', 'COUNT', 1)
      return last?.[0] ?? '0'
    }),
  )

/** How often each queue says that it was paused since. */
const pausesSince = (since: readonly string[]): Promise<readonly number[]> =>
  Promise.all(
    names.map(async (name, index) => {
      const events = await client.xrange(`bull:${name}:events`, `(${since[index]}`, '+')
      return events.filter(([, fields]) => fields.includes('paused')).length
    }),
  )

/** When the first slice is over, and the plan is not. */
const underWay = (world: Pick<World, 'query'>): Promise<unknown> =>
  eventually('a part of the queues is done', async () => {
    const [found] = await world.query<{ done: number; open: number }>(
      `select count(*) filter (where state = 'done')::int as done,
         count(*) filter (where state in ('pending', 'executing'))::int as open from plan_queue`,
    )
    return found !== undefined && found.done > 0 && found.open > 0
  })

const partsOf = async (world: Pick<World, 'query'>): Promise<Readonly<Record<string, number>>> => {
  const rows = await world.query<{ state: string; n: number }>(
    `select state, count(*)::int as n from plan_queue
     where plan_id = (select id from plan order by number limit 1) group by state`,
  )
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

describe('a plan of many queues', () => {
  it(
    'stops where it is told to; what was done and what was not add up, and undo resumes exactly the former',
    async () => {
      const world = await createGuardedWorld({ redis, queues: names })
      await preview(world, ANA, 'pause out-* for 30m')
      await world.person(ANA).submit(reason('the provider is down'))
      await untilCard(world, OPS, /▓.* of 60.*spillway:stop/s)
      await underWay(world)
      await world.person(BEN).click('spillway:stop', OPS)
      await untilCard(world, OPS, /<@U0BEN> stopped it/)
      const { done = 0, returned = 0, ...others } = await partsOf(world)
      expect({ sum: done + returned, others }).toEqual({ sum: MANY, others: {} })
      expect(returned).toBeGreaterThan(0)
      await untilCard(
        world,
        OPS,
        new RegExp(
          `60 planned = ${done} done . 0 skipped . 0 failed . ${returned} returned; unexplained 0`,
        ),
      )
      expect(await paused()).toEqual(names.slice(0, done))
      expect(await world.query('select from hold where ended_at is null')).toHaveLength(done)

      await world.person(BEN).click('spillway:undo', OPS)
      await untilModal(world, BEN, /Resume.*can be confirmed until/s)
      await world.person(BEN).submit(reason('it is back'))
      await untilText(world, OPS, new RegExp(`<@U0BEN> resumed ${done} of ${done} queues`))
      expect(await paused()).toEqual([])
      expect(await world.query('select from hold where ended_at is null')).toHaveLength(0)
      const { intent, stopped, outcome } = await auditCounts(world)
      expect({ intent, stopped, outcome }).toEqual({ intent: 2 * done, stopped: 1, outcome: 2 })
    },
    PATIENCE_MS,
  )

  it(
    'begins no further queue under a freeze that comes in the middle',
    async () => {
      const world = await createGuardedWorld({ redis, queues: names })
      await preview(world, ANA, 'pause out-* for 30m')
      await world.person(ANA).submit(reason('the provider is down'))
      await underWay(world)
      await world.person(BEN).command('/queue', 'freeze deploy', OPS)
      await untilText(world, OPS, /<@U0BEN> froze all actions: .*deploy/)
      await eventually('the plan is over', async () => {
        const over = await world.query('select from plan where finished_at is not null')
        return over.length === 1
      })
      const { done = 0, returned = 0, ...others } = await partsOf(world)
      expect({ sum: done + returned, others }).toEqual({ sum: MANY, others: {} })
      expect(returned).toBeGreaterThan(0)
      expect(await paused()).toEqual(names.slice(0, done))
      const [after] = await world.query<{ n: number }>(
        `select count(*)::int as n from audit_entry
       where text like '%"kind":"intent"%' and seq > (select seq from audit_entry where text like '%"kind":"frozen"%')`,
      )
      expect(after).toEqual({ n: 0 })
    },
    PATIENCE_MS,
  )

  it(
    'goes on after kill -9 in its middle: each queue once, one outcome',
    async () => {
      const before = await lastEvents()
      const database = await freshDatabase()
      const slack = await startFakeSlack(WORKSPACE)
      const dir = await mkdtemp(join(tmpdir(), 'spillway-many-'))
      const file = { config: configOf({ redis, queues: names }, slack), owner: database.owner }
      const pool = database.openAppPool({ max: 1 })
      const world: Pick<World, 'query'> = {
        query: async (text) => (await pool.query(text)).rows as never,
      }
      const bots = [loadBot(dir, file), loadBot(dir, file)] as const
      onTestFinished(async () => {
        for (const bot of bots) bot.signal('SIGKILL')
        await Promise.all(bots.map(({ ended }) => ended))
        await slack.close()
        await database.drop()
        await rm(dir, { recursive: true })
      })
      const { slackUrl } = await bots[0].go()
      const ana = createPerson(slack, slackUrl, ANA)
      const modal = (): string =>
        JSON.stringify([...slack.state.views.values()].at(-1)?.view ?? null)
      await ana.command('/queue', 'pause out-* for 30m', OPS)
      await eventually('the preview', () => modal().includes('can be confirmed until'), modal)
      await ana.submit(reason('the provider is down'))
      await underWay(world)
      bots[0].signal('SIGKILL')
      await bots[0].ended
      // As if the lease of the killed one had run out.
      await world.query(`update plan set leased_until = now() where state = 'executing'`)
      await world.query(
        `update graphile_worker._private_jobs set locked_at = null, locked_by = null, run_at = now()`,
      )
      await bots[1].go()
      await eventually('the plan is done', async () => {
        const over = await world.query(`select from plan where state = 'done'`)
        return over.length === 1
      })
      expect(await partsOf(world)).toEqual({ done: MANY })
      expect(await paused()).toEqual(names)
      const [kinds] = await world.query<{ intents: number; steps: number; outcomes: number }>(
        `select count(*) filter (where text like '%"kind":"intent"%')::int as intents,
         count(*) filter (where text like '%"kind":"step"%')::int as steps,
         count(*) filter (where text like '%"kind":"outcome"%')::int as outcomes from audit_entry`,
      )
      expect(kinds).toEqual({ intents: MANY, steps: MANY, outcomes: 1 })
      expect(await world.query('select from hold')).toHaveLength(MANY)
      expect((await pausesSince(before)).filter((count) => count !== 1)).toEqual([])
    },
    PATIENCE_MS,
  )
})
