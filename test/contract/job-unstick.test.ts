import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Overtaken } from '../../src/domain/ports/job-operator.ts'
import { openConnection } from '../../src/queues/bullmq/connection.ts'
import { openSlice } from '../../src/queues/bullmq/jobs/guard.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { readStuck, unstick } from '../../src/queues/bullmq/unstick.ts'
import { eventually, gate } from '../helpers/eventually.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { FLAVOURS, openForeignWorker, type Flavour } from './bullmq-flavours.ts'
import { openBullmqWorld, type BullmqWorld } from './bullmq-world.ts'

const PACKAGES: Record<Flavour, string> = { v4: 'bullmq-v4', v5: 'bullmq-v5', v6: 'bullmq' }
const TOO_OFTEN = 'job stalled more than allowable limit'

let world: BullmqWorld
let connection: ReturnType<typeof openConnection>
beforeAll(async () => {
  world = await openBullmqWorld()
  const config = { kind: 'bullmq' as const, name: 'main', url: world.server.url, prefix: 'bull' }
  connection = openConnection(
    { ...config, queues: [], scanPauseMs: 5, majors: null },
    'test',
    silentLog,
  )
})
afterAll(async () => {
  await connection.close()
  await world.close()
})

const stuck = (queue: string) => readStuck(connection, queueKeys('bull', queue))

interface How {
  readonly planId?: string
  readonly fence?: number
  readonly style?: 'list' | 'flag'
  /** What happens between the two looks. */
  readonly afterLook?: () => Promise<unknown>
}

const putBack = async (
  queue: string,
  ids: readonly string[],
  { planId = 'plan', fence = 1, style = 'list', afterLook = async () => undefined }: How = {},
) => {
  const keys = queueKeys('bull', queue)
  const by = { planId, fence, slice: 0 }
  await openSlice({ connection, keys }, by)
  return unstick(
    {
      connection,
      reads: {
        ...connection,
        run: async (use) => {
          const seen = await connection.run(use)
          await afterLook()
          return seen
        },
      },
      keys,
      pauseStyle: async () => style,
      clock: { now: () => new Date() },
      betweenLooksMs: 10,
    },
    by,
    ids,
  )
}

const done = (ids: readonly string[]) => ids.map((id) => ({ id, skipped: null }))

/** Jobs that are active although the process that took them was killed, and whose locks have run out. */
async function orphans(flavour: Flavour, queue: string, count: number): Promise<readonly string[]> {
  const ids = await world.foreign(flavour, queue).addBulk(jobs(count))
  await orphan(flavour, queue, count)
  return ids
}

const jobs = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `type${n}`, data: { n }, opts: {} }))

async function orphan(flavour: Flavour, queue: string, count: number): Promise<void> {
  const options = {
    connection: { host: '127.0.0.1', port: world.server.port, maxRetriesPerRequest: null },
    concurrency: count,
    lockDuration: 400,
    drainDelay: 1,
  }
  const code = `new (require(${JSON.stringify(PACKAGES[flavour])}).Worker)(
    ${JSON.stringify(queue)}, () => new Promise(() => {}), ${JSON.stringify(options)})`
  const child = spawn(process.execPath, ['-e', code], { stdio: 'ignore' })
  const gone = once(child, 'exit')
  await eventually(
    'all taken',
    async () => (await world.raw.keys(`bull:${queue}:*:lock`)).length === count,
  )
  child.kill('SIGKILL')
  await gone
  await eventually(
    'no lock left',
    async () => (await world.raw.keys(`bull:${queue}:*:lock`)).length === 0,
  )
}

/** Works the queue off with workers of this major; ids as they were run. */
async function workOff(flavour: Flavour, queue: string, count: number): Promise<readonly string[]> {
  const ran: string[] = []
  const worker = openForeignWorker(flavour, queue, world.server.port, async (id) => {
    ran.push(id)
  })
  const ended = async () =>
    (await world.raw.zcard(`bull:${queue}:completed`)) +
    (await world.raw.zcard(`bull:${queue}:failed`))
  await eventually('all ended', async () => (await ended()) === count)
  await worker.close()
  return ran
}

const lineOf = (queue: string) => world.raw.lrange(`bull:${queue}:wait`, 0, -1)

describe.each(FLAVOURS)('jobs whose worker of %s was killed', (flavour) => {
  it('go back in line, and run once more each', async () => {
    const queue = `killed-${flavour}`
    const ids = await orphans(flavour, queue, 3)
    const meta = await world.raw.hgetall(`bull:${queue}:meta`)
    const found = await stuck(queue)
    expect(found.map(({ id }) => id)).toEqual(ids)
    expect(found[0]).toMatchObject({ type: 'type0', failsNext: false })
    expect(found[0]?.takenUpAt?.getTime()).toBeGreaterThan(Date.now() - 60_000)

    expect(await putBack(queue, ids)).toEqual(done(ids))
    expect(await stuck(queue)).toEqual([])
    expect((await lineOf(queue)).filter((id) => ids.includes(id)).toSorted()).toEqual(ids)
    expect(await world.raw.hgetall(`bull:${queue}:meta`)).toEqual(meta)
    expect((await workOff(flavour, queue, 3)).toSorted()).toEqual(ids)
    expect(await world.raw.zcard(`bull:${queue}:completed`)).toBe(3)
  })

  it('fail where they stalled before, and that can be told', async () => {
    const queue = `twice-${flavour}`
    const [id = ''] = await orphans(flavour, queue, 1)
    await putBack(queue, [id])
    await orphan(flavour, queue, 1)
    expect(await stuck(queue)).toMatchObject([{ id, failsNext: true }])
    expect(await putBack(queue, [id], { planId: 'next' })).toEqual(done([id]))
    expect(await workOff(flavour, queue, 1)).toEqual([])
    expect(await world.raw.zrange(`bull:${queue}:failed`, '0', '-1')).toEqual([id])
    expect(await world.raw.hget(`bull:${queue}:${id}`, 'failedReason')).toContain(TOO_OFTEN)
  })

  it('run twice where it only seemed dead, but end once', async () => {
    const queue = `alive-${flavour}`
    const [id = ''] = await world.foreign(flavour, queue).addBulk(jobs(1))
    const { opened, open } = gate()
    let runs = 0
    const worker = openForeignWorker(flavour, queue, world.server.port, async () => {
      runs += 1
      if (runs === 1) await opened
    })
    await eventually('taken', async () => (await world.raw.del(`bull:${queue}:${id}:lock`)) === 1)
    expect(await putBack(queue, [id])).toEqual(done([id]))
    await eventually('completed', async () => (await endsOf(queue)).length === 1)
    open()
    // What the first run answers is refused; were it not, it would come within milliseconds.
    await sleep(200)
    await worker.close()
    expect(runs).toBe(2)
    expect(await endsOf(queue)).toEqual([id])
    expect(await world.raw.zrange(`bull:${queue}:completed`, '0', '-1')).toEqual([id])
    expect(await world.raw.llen(`bull:${queue}:active`)).toBe(0)
    expect(await lineOf(queue)).not.toContain(id)
  })
})

/** Jobs that completed, as often as they did. */
async function endsOf(queue: string): Promise<readonly string[]> {
  const events = await world.raw.xrange(`bull:${queue}:events`, '-', '+')
  return events
    .filter(([, fields]) => fields.includes('completed'))
    .map(([, fields]) => fields[fields.indexOf('jobId') + 1] ?? '')
}

describe('unstick', () => {
  /** Active as a worker of BullMQ 5 or 6 leaves them. */
  async function active(
    queue: string,
    ids: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    for (const id of ids) {
      await world.raw.lpush(`bull:${queue}:active`, id)
      const job = { name: 'a', data: '{}', opts: '{}', ats: '1', ...more }
      await world.raw.hset(`bull:${queue}:${id}`, job)
    }
  }

  it('deals with the jobs that are named, and with no other', async () => {
    await active('exact', ['1', '2', '3'])
    await world.raw.sadd('bull:exact:stalled', '1', '2', '3')
    await world.raw.set('bull:exact:stalled-check', 'theirs', 'PX', 60_000)
    expect(await putBack('exact', ['2'])).toEqual(done(['2']))
    expect(await world.raw.lrange('bull:exact:active', 0, -1)).toEqual(['3', '1'])
    expect(await lineOf('exact')).toEqual(['2'])
    expect((await world.raw.smembers('bull:exact:stalled')).toSorted()).toEqual(['1', '3'])
    expect(await world.raw.exists('bull:exact:meta')).toBe(0)
    expect((await world.raw.keys('bull:exact:spillway:*')).toSorted()).toEqual([
      'bull:exact:spillway:plan',
      'bull:exact:spillway:plan:0',
    ])
  })

  it('leaves what is locked, was taken anew, is elsewhere, gone or no job, and says so', async () => {
    await active('reasons', ['locked', 'anew', 'bare', 'gone', 'stuck'])
    await world.raw.set('bull:reasons:locked:lock', 'token')
    await world.raw.hdel('bull:reasons:bare', 'name')
    await world.raw.del('bull:reasons:gone')
    await world.raw.hset('bull:reasons:elsewhere', { name: 'a' })
    const ids = ['locked', 'anew', 'elsewhere', 'gone', 'bare', 'stuck']
    const afterLook = () => world.raw.hincrby('bull:reasons:anew', 'ats', '1')
    expect(await putBack('reasons', ids, { afterLook })).toEqual([
      { id: 'locked', skipped: 'active' },
      { id: 'anew', skipped: 'active' },
      { id: 'elsewhere', skipped: 'moved' },
      { id: 'gone', skipped: 'gone' },
      { id: 'bare', skipped: 'unreadable' },
      { id: 'stuck', skipped: null },
    ])
  })

  it('does it once, and not at all for an attempt that was overtaken', async () => {
    await active('once', ['1', '2'])
    expect(await putBack('once', ['1'], { fence: 2 })).toEqual(done(['1']))
    await active('once', ['1'])
    expect(await putBack('once', ['1'], { fence: 3 })).toEqual(done(['1']))
    await expect(putBack('once', ['2'], { fence: 2 })).rejects.toThrow(Overtaken)
    expect(await world.raw.lrange('bull:once:active', 0, -1)).toEqual(['1', '2'])
    expect(await lineOf('once')).toEqual(['1'])
  })

  it.each([
    ['list', 'paused'],
    ['flag', 'wait'],
  ] as const)('keeps jobs of a queue that is paused by its %s', async (style, line) => {
    const queue = `paused-${style}`
    await active(queue, ['1'])
    await world.raw.hset(`bull:${queue}:meta`, 'paused', '1')
    await putBack(queue, ['1'], { style })
    expect(await world.raw.lrange(`bull:${queue}:${line}`, 0, -1)).toEqual(['1'])
    expect(await world.raw.exists(`bull:${queue}:marker`)).toBe(0)
  })

  it('frees the deduplication key of a job that fails, as BullMQ 5 before 5.48 does', async () => {
    const queue = 'deduplicated'
    await world.raw.hset(`bull:${queue}:meta`, 'version', 'bullmq:5.41.0')
    for (const [id, key] of ['own', 'timed', 'replaced'].entries())
      await active(queue, [`${id}`], { deid: key })
    await putBack(queue, ['0', '1', '2'], { planId: 'first' })
    expect(await world.raw.hmget(`bull:${queue}:0`, 'stalledCounter', 'stc')).toEqual(['1', null])
    await world.raw.rename(`bull:${queue}:wait`, `bull:${queue}:active`)
    await world.raw.set(`bull:${queue}:de:own`, '0')
    await world.raw.set(`bull:${queue}:de:timed`, '1', 'EX', 60)
    await world.raw.set(`bull:${queue}:de:replaced`, 'another')
    expect(await putBack(queue, ['0', '1', '2'])).toEqual(done(['0', '1', '2']))
    expect(await world.raw.zrange(`bull:${queue}:failed`, '0', '-1')).toEqual(['0', '1', '2'])
    expect((await world.raw.keys(`bull:${queue}:de:*`)).toSorted()).toEqual([
      `bull:${queue}:de:replaced`,
      `bull:${queue}:de:timed`,
    ])
    const options = { deduplication: { id: 'own' }, jobId: 'later' }
    await world.foreign('v5', queue).addBulk([{ name: 'a', data: {}, opts: options }])
    expect(await lineOf(queue)).toEqual(['later'])
  })

  it('finds stuck jobs beyond one stretch of a long list, the oldest first', async () => {
    const ids = Array.from({ length: 450 }, (_, n) => `job${n}`)
    await active('long', ids)
    await world.raw.set('bull:long:job7:lock', 'token')
    expect((await stuck('long')).map(({ id }) => id)).toEqual(ids.filter((id) => id !== 'job7'))
  })
})
