import { Queue } from 'bullmq'
import pg from 'pg'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'

import { connectionConfig } from '../../src/store/pool.ts'
import { auditCounts, order } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const email = new Queue('email', { connection: { url: redis.url } })
afterAll(() => email.close())

/** Loses every job that is added from now on, as a restored backup of only our tables would. */
async function loseJobs(world: World): Promise<{ stop(): Promise<void> }> {
  const client = new pg.Client(connectionConfig(world.database.owner))
  await client.connect()
  onTestFinished(() => client.end())
  await client.query(`
    create function lose_job() returns trigger language plpgsql as $$
    begin delete from graphile_worker._private_jobs where id = new.id; return null; end $$;
    create trigger lose_job after insert or update on graphile_worker._private_jobs
      for each row when (new.locked_at is null) execute function lose_job();
    delete from graphile_worker._private_jobs`)
  return {
    async stop() {
      await client.query('drop trigger lose_job on graphile_worker._private_jobs')
    },
  }
}

describe('the work engine forgets every job', () => {
  it('loses no alert, no message, no pause and no end of one', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const losing = await loseJobs(world)
    expect((await world.fire({ queue: 'email' })).status).toBe(202)
    await order(world, ANA, 'pause email for 30m')
    await eventually('the pause is confirmed', async () => (await auditCounts(world))['confirmed'])
    expect(await world.query('select from graphile_worker.jobs')).toHaveLength(0)
    await losing.stop()

    await untilText(world, OPS, /paused `sales\/email` until/)
    await world.room()
    expect(await email.isPaused()).toBe(true)
    await world.query('update hold set ends_at = now()')
    await world.query(`select graphile_worker.remove_job('end_hold:' || id) from hold`)
    await untilText(world, OPS, /ended by itself/)
    expect(await email.isPaused()).toBe(false)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      confirmed: 1,
      intent: 2,
      step: 2,
      outcome: 2,
    })
  })
})
