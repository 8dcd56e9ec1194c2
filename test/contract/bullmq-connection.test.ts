import { afterAll, beforeAll, expect, it } from 'vitest'

import { openQueueSystems } from '../../src/queues/registry.ts'
import { eventually } from '../helpers/eventually.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { openBullmqWorld, openSystem, type BullmqWorld } from './bullmq-world.ts'

let world: BullmqWorld
beforeAll(async () => {
  world = await openBullmqWorld()
})
afterAll(() => world.close())

const asUser = (name: string, password: string) =>
  openSystem({
    ...world.server,
    url: `redis://${name}:${password}@127.0.0.1:${world.server.port}`,
  })

it('starts while Redis is away and works once it is there', async () => {
  await world.server.kill()
  const early = openSystem(world.server)
  await expect(early.overview(['x'])).rejects.toMatchObject({ code: 'system_unreachable' })
  await world.server.restart()
  expect(await eventually('an answer', () => early.overview(['x']).catch(() => null))).toHaveLength(
    1,
  )
  await early.close()
})

it('gives up on a Redis that accepts but does not answer', async () => {
  process.kill(world.server.pid, 'SIGSTOP')
  try {
    await expect(world.system.overview(['x'])).rejects.toMatchObject({ code: 'system_unreachable' })
    expect(await world.system.health()).toMatchObject({ isReachable: false })
  } finally {
    process.kill(world.server.pid, 'SIGCONT')
  }
  await eventually('an answer', () => world.system.overview(['x']).catch(() => null))
})

it('reads for a user who may not run scripts, and says that he may not pause', async () => {
  const rules = '+@read +ping +info +client|setname +select'.split(' ')
  await world.raw.acl('SETUSER', 'reader', 'on', '>looking', '~*', ...rules)
  await world.foreign('v4', 'plain').addBulk([
    { name: 'a', data: {} },
    { name: 'b', data: {}, opts: { priority: 2 } },
  ])
  const reader = asUser('reader', 'looking')
  const seen = await eventually('connected', () =>
    reader.overview(['plain', 'none']).catch(() => null),
  )
  const expected = await world.system.overview(['plain', 'none'])
  expect(seen).toEqual(expected.map((overview) => ({ ...overview, workers: null })))
  await expect(reader.pause('plain')).rejects.toMatchObject({ code: 'not_supported' })
  await reader.close()
})

it('never says the password', async () => {
  const wrong = asUser('default', 'hunter2-secret')
  await world.raw.config('SET', 'requirepass', 'another')
  try {
    const problem = await wrong.overview(['x']).catch((error: unknown) => error)
    const health = await wrong.health()
    expect(problem).toMatchObject({ code: 'system_unreachable' })
    expect(JSON.stringify([String(problem), problem, health])).not.toContain('hunter2')
  } finally {
    await world.raw.config('SET', 'requirepass', '')
    await wrong.close()
  }
})

it('finds systems by name and names those there are when asked for another', async () => {
  const config = { kind: 'bullmq', name: 'main', url: world.server.url, prefix: 'bull' } as const
  const systems = openQueueSystems(
    [{ ...config, queues: ['email'], scanPauseMs: null, majors: null }],
    { clock: { now: () => new Date() }, log: silentLog },
  )
  expect(systems.all().map(({ name }) => name)).toEqual(['main'])
  expect(systems.get('main').knownQueues()).toEqual(['email'])
  expect(() => systems.get('other')).toThrow(/no system "other"/)
  await systems.close()
})
