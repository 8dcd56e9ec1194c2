import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'

import { loadBot } from '../helpers/bot-child.ts'
import { ANA, anAlert, configOf, OPS, postAlert, webhook, WORKSPACE } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { freshDatabase } from '../helpers/postgres.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { startFakeSlack } from '../slack/fake-slack/server.ts'
import { createPerson } from '../slack/signed.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
afterAll(() => client.disconnect())

describe('SIGTERM', () => {
  it('drains a submission and a delivery that are under way, and exits 0 within 10 s', async () => {
    const email = new Queue('email', { connection: client })
    await email.add('send', {})
    await email.close()
    const database = await freshDatabase()
    const slack = await startFakeSlack(WORKSPACE)
    const dir = await mkdtemp(join(tmpdir(), 'spillway-stop-'))
    const config = configOf({ redis, queues: ['email'] }, slack)
    const bot = loadBot(dir, { config, owner: database.owner })
    onTestFinished(async () => {
      bot.signal('SIGKILL')
      await bot.ended
      await slack.close()
      await database.drop()
      await rm(dir, { recursive: true })
    })
    const { url, slackUrl } = await bot.go()
    const ana = createPerson(slack, slackUrl, ANA)
    const modal = (): string => JSON.stringify([...slack.state.views.values()].at(-1)?.view ?? null)
    await ana.command('/queue', 'pause email for 30m', OPS)
    await eventually('the preview', () => modal().includes('can be confirmed until'))

    await ana.submit(reason('about to stop'))
    const delivery = postAlert({ url }, webhook([anAlert({ queue: 'email' })]))
    await eventually('the pause is under way', () => client.hexists('bull:email:meta', 'paused'))
    const stoppedAt = performance.now()
    bot.signal('SIGTERM')
    expect((await delivery).status).toBe(202)
    expect(await bot.ended).toBe(0)
    expect(performance.now() - stoppedAt).toBeLessThan(10_000)

    expect(modal()).toMatch(/Pause of `sales\/email`.*: done/)
    const rows = await database
      .openAppPool({ max: 1 })
      .query(`select (select state from plan), (select count(*)::int from delivery) as deliveries`)
    expect(rows.rows).toEqual([{ state: 'done', deliveries: 1 }])
  })
})
