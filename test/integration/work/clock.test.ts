import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Clock } from '../../../src/domain/ports/runtime.ts'
import { startTicks, type TickOptions } from '../../../src/work/clock.ts'
import { eventually, gate } from '../../helpers/eventually.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const clock: Clock = { now: () => new Date() }
const EVERY_SECOND = '* * * * * *'

describe('ticks', () => {
  let database: TestDatabase
  let pool: pg.Pool

  beforeAll(async () => {
    database = await freshDatabase()
    pool = database.openAppPool()
  })
  afterAll(() => database.drop())

  const claim: TickOptions['claim'] = async (key, at) => {
    const { rowCount } = await pool.query(
      'insert into timer_claim (key, at) values ($1, $2) on conflict do nothing',
      [key, at],
    )
    return rowCount === 1
  }

  it('run once per slot, however many replicas there are', async () => {
    let runs = 0
    const run = async (): Promise<void> => {
      runs += 1
    }
    const ticks = [{ name: 'sweep', cron: EVERY_SECOND, run }]
    const replicas = [1, 2, 3].map(() => startTicks({ ticks, claim, clock, log: silentLog }))
    await eventually('three slots have run', () => runs >= 3)
    await Promise.all(replicas.map(({ stop }) => stop()))
    const { rowCount } = await pool.query(`select from timer_claim where key like 'sweep:%'`)
    expect(runs).toBe(rowCount)
  })

  it('survive a slot that cannot be claimed and a run that throws', async () => {
    let claims = 0
    let runs = 0
    const ticks = startTicks({
      ticks: [
        {
          name: 'flaky',
          cron: EVERY_SECOND,
          run: () => {
            runs += 1
            return runs === 1 ? Promise.reject(new Error('broken')) : Promise.resolve()
          },
        },
      ],
      claim: () => {
        claims += 1
        return claims === 1 ? Promise.reject(new Error('no database')) : Promise.resolve(true)
      },
      clock,
      log: silentLog,
    })
    await eventually('it ran again', () => runs === 2)
    await ticks.stop()
    expect(claims).toBeGreaterThanOrEqual(3)
  })

  it('end only when the run in progress has ended', async () => {
    const door = gate()
    let state = 'waiting'
    const ticks = startTicks({
      ticks: [
        {
          name: 'slow',
          cron: EVERY_SECOND,
          run: async () => {
            state = 'running'
            await door.opened
            state = 'ended'
          },
        },
      ],
      claim: () => Promise.resolve(true),
      clock,
      log: silentLog,
    })
    await eventually('it runs', () => state === 'running')
    const stopped = ticks.stop()
    door.open()
    await stopped
    expect(state).toBe('ended')
  })
})
