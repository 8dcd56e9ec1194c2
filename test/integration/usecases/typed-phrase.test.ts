import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createStore } from '../../../src/store/store.ts'
import { confirmPlan } from '../../../src/usecases/actions/confirm-plan.ts'
import { planAction } from '../../../src/usecases/actions/plan-action.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { createStage, type Stage } from '../../helpers/history-stage.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { actorOf } from '../../helpers/toy-people.ts'

let database: TestDatabase
let pool: Pool
let stage: Stage

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 2 })
  const clock = createTestClock()
  stage = createStage(createStore(pool, 'test', clock), clock, 'p')
  stage.toys.add('p-low-a', 1)
})
afterAll(() => database.drop())

const ANA = actorOf('ANA')

/** A preview of Ana's that asks for a phrase, as what destroys does. */
async function previewWith(phrase: string): Promise<string> {
  const { plan } = await planAction(stage.deps, {
    actor: ANA,
    action: 'pause',
    scope: 'p-low-a',
    refs: [{ system: 'sales', queue: 'p-low-a' }],
    incidentId: null,
    holdMs: 300_000,
  })
  await pool.query('update plan set phrase = $2 where id = $1', [plan.id, phrase])
  return plan.id
}

describe('a phrase that has to be typed', () => {
  it('is asked for by the server, whatever the form let through, and taken as phones write it', async () => {
    const planId = await previewWith('DRAIN email')
    const confirm = (phrase?: string | null) =>
      confirmPlan(stage.deps, {
        planId,
        actor: ANA,
        reason: 'for a test',
        ...(phrase === undefined ? {} : { phrase }),
      })
    for (const typed of [undefined, null, '', 'DRAIN', 'DRAIN email2', 'email DRAIN'])
      await expect(confirm(typed)).rejects.toMatchObject({
        code: 'bad_input',
        message: 'To confirm this, type `DRAIN email`.',
      })
    expect(await stage.deps.store.now.plans.byId(planId)).toMatchObject({ state: 'planned' })
    expect(await confirm(' Drain  email ')).toMatchObject({
      kind: 'confirmed',
      plan: { state: 'confirmed', phrase: 'DRAIN email' },
    })
  })
})
