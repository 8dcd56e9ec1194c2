import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Queue, Worker } from 'bullmq'
import { beforeAll, expect, it, onTestFinished } from 'vitest'

import { DEFAULT_RECOVERY } from '../../src/domain/settings.ts'
import { auditTrail } from '../helpers/acting.ts'
import { ANA, anAlert, VIC, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilHeadline, untilModal, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null }
const settings = { recovery: { ...DEFAULT_RECOVERY, forMs: 1000 } }

/** Traffic that completes, as long as a test lasts. */
async function worked(queue: string): Promise<void> {
  const jobs = new Queue(queue, { connection })
  const worker = new Worker(queue, () => Promise.resolve(), { connection })
  await worker.waitUntilReady()
  const timer = setInterval(() => void jobs.add('send', {}).catch(() => undefined), 100)
  onTestFinished(async () => {
    clearInterval(timer)
    await Promise.all([worker.close(true), jobs.close()])
  })
  await eventually('a worker is listed', async () => (await jobs.getWorkersCount()) > 0)
}

beforeAll(async () => {
  const jobs = new Queue('still', { connection })
  await jobs.add('send', {})
  await jobs.close()
})

/** The latest checklist of a room, as JSON. */
const checklistIn = (world: World, room: string): string =>
  JSON.stringify(
    world.slack.state.channels
      .get(room)
      ?.messages.findLast(({ text }) => text.startsWith('Recovery of incident')) ?? {},
  )

const untilChecklist = (world: World, room: string, words: RegExp): Promise<unknown> =>
  eventually(
    `a checklist that says ${words}`,
    () => words.test(checklistIn(world, room)),
    () => checklistIn(world, room),
  )

it('checks by command while the alert fires; once it is resolved, so is the incident, by itself', async () => {
  await worked('email')
  const world = await createWorld({ redis, queues: ['email'], settings })
  const alert = anAlert({ queue: 'email' })
  await world.post(webhook([alert]))
  const room = await world.room()
  const ana = world.person(ANA)
  await ana.command('/incident', 'verify', room)
  await untilAnswer(world, ANA, room, /Recovery of incident 1 is checked for 1 s/)
  await untilChecklist(world, room, /Alerts.*QueueBacklog fires/)
  await untilChecklist(world, room, /Success share.*: \d+ of \d+ completed \(100 %\)/)

  await world.post(webhook([{ ...alert, status: 'resolved', endsAt: new Date().toISOString() }]))
  await untilText(
    world,
    room,
    /All alerts are resolved\. Recovery is checked for 1 s; the incident/,
  )
  await untilText(world, room, /^Resolved by itself\. failed jobs: 0 left/)
  await untilHeadline(world, room, /Resolved.*by itself/)
  const trail = await auditTrail(world)
  expect(trail.map(({ kind, action }) => `${kind} ${action}`)).toEqual([
    'intent recovery check',
    'resolved resolve',
  ])
})

it('says what is bad, and ends by a click, once', async () => {
  const world = await createWorld({ redis, queues: ['still'] })
  await world.fire({ queue: 'still' })
  const room = await world.room()
  await world.person(ANA).mention('verify 1 for 5m', room)
  await untilAnswer(world, ANA, room, /less than the usual 15 min: .* a person decides/)
  await untilChecklist(world, room, /Processing.*no worker is connected/)
  await untilHeadline(world, room, /Recovery.*not good yet/)
  await world.person(ANA).click('spillway:stop', room)
  await untilAnswer(world, ANA, room, /You stopped the recovery check/)
  await untilText(world, room, /^Recovery of incident 1: Stopped by <@U0ANA>/)
  expect((await auditTrail(world)).map(({ kind }) => kind)).toEqual(['intent', 'stopped'])
})

it('runs a probe with effects only by a second click of somebody who may, and once', async () => {
  await worked('probed')
  const sent: string[] = []
  const api = createServer((request, response) => {
    sent.push(`${request.method} ${request.url}`)
    response.writeHead(201).end()
  })
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void api.close())
  const probe = {
    kind: 'action' as const,
    name: 'order',
    about: 'end_to_end' as const,
    queues: ['*'],
    withinMs: 5000,
    url: `http://127.0.0.1:${(api.address() as AddressInfo).port}/orders`,
    method: 'POST' as const,
    body: '{"probe":true}',
    expect: [201],
    bearer: null,
  }
  const world = await createWorld({ redis, queues: ['probed'], settings, probes: [probe] })
  const alert = anAlert({ queue: 'probed' })
  await world.post(webhook([alert]))
  const room = await world.room()
  await world.post(webhook([{ ...alert, status: 'resolved', endsAt: new Date().toISOString() }]))
  await untilText(world, room, /^Recovery of incident 1/)
  await untilChecklist(world, room, /Run order…/)

  await world.person(VIC).click('spillway:probe', room)
  await untilModal(world, VIC, /You need the role/)
  const ana = world.person(ANA)
  await ana.click('spillway:probe', room)
  await untilModal(world, ANA, /POST http:\/\/127\.0\.0\.1:\d+\/orders.*\{.*probe.*true\}/s)
  expect(sent).toEqual([])
  await Promise.all([ana.submit(), ana.submit()])
  await untilText(world, room, /^Resolved by itself\. .*end to end \(order\): 201/)
  expect(sent).toEqual(['POST /orders'])
  const trail = await auditTrail(world)
  expect(trail.filter(({ action }) => action === 'probe').map(({ kind }) => kind)).toEqual([
    'intent',
    'outcome',
  ])
})
