import { Queue } from 'bullmq-v5'
import { Redis } from 'ioredis'
import { afterAll, expect, it } from 'vitest'

import { openQueueSystems } from '../../src/queues/registry.ts'
import { randomIds, systemClock } from '../../src/runtime.ts'
import { repairStranded } from '../../src/usecases/queues/repair-stranded.ts'
import { auditTrail, carryOut } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
afterAll(() => client.disconnect())

/** Jobs set aside as BullMQ 5 does at a pause, with the flag gone, as a resume cut off by a crash leaves it. */
async function strand(name: string, count: number): Promise<void> {
  const queue = new Queue(name, { connection: { host: '127.0.0.1', port: redis.port } })
  await queue.addBulk(Array.from({ length: count }, () => ({ name: 'send', data: {} })))
  await queue.pause()
  await queue.close()
  await client.hdel(`bull:${name}:meta`, 'paused')
}

async function lookerOf(world: World, queue: string) {
  const systems = openQueueSystems(
    [
      {
        kind: 'bullmq',
        name: 'sales',
        url: redis.url,
        prefix: 'bull',
        queues: [queue],
        scanPauseMs: null,
        majors: null,
      },
    ],
    { clock: systemClock, log: silentLog },
  )
  const deps = {
    store: world.app().store,
    systems,
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
  }
  const suspects = new Map<string, number>()
  await eventually('a connection', () =>
    systems
      .get('sales')
      .overview([queue])
      .catch(() => null),
  )
  return { look: () => repairStranded(deps, suspects), close: () => systems.close() }
}

it('puts stranded jobs back at the second look, says so and writes it down', async () => {
  await strand('orphans', 3)
  const world = await createWorld({ redis })
  const { look, close } = await lookerOf(world, 'orphans')
  await look()
  expect(await client.llen('bull:orphans:paused')).toBe(3)
  await look()
  expect(await client.llen('bull:orphans:paused')).toBe(0)
  expect(await client.llen('bull:orphans:wait')).toBe(3)
  await untilText(world, OPS, /3 jobs of `sales\/orphans` had been left aside.*back in line/)
  const repairs = (await auditTrail(world)).filter(({ action }) => action === 'repair')
  expect(repairs.map(({ kind }) => kind)).toEqual(['intent', 'outcome'])
  await close()
})

it('leaves them alone while somebody holds the queue', async () => {
  await strand('kept', 2)
  const world = await createWorld({ redis, queues: ['kept'] })
  await carryOut(world, ANA, 'pause kept for 5m')
  await client.hdel('bull:kept:meta', 'paused')
  const { look, close } = await lookerOf(world, 'kept')
  await look()
  await look()
  expect(await client.llen('bull:kept:paused')).toBe(2)
  await close()
})
