import { afterAll, beforeAll, expect, it } from 'vitest'

import type { ButtonPurpose } from '../../../src/domain/message.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { storedReplays } from '../../helpers/stored-replays.ts'

const HOUR_MS = 3_600_000
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)

let database: TestDatabase
let store: Store
let stage: ReturnType<typeof storedReplays>
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool(), 'test')
  stage = storedReplays(store)
})
afterAll(() => database.drop())

it('counts a replay for the hour after it put jobs in line last, however long ago it was confirmed', async () => {
  const plan = await stage.replaying()
  const acting = async (since: Date) => {
    const about = { refs: [plan.ref], incidentId: null }
    return (await store.now.plans.actingSince(since, about)).map(({ id }) => id)
  }
  await store.now.plans.finish(plan.id, plan.fence, 'cancelled', { words: 'over' }, new Date())
  expect(await acting(inHours(1))).toEqual([])
  await stage.put(plan, ['1', '2'], { now: inHours(2) })
  expect(await acting(inHours(1))).toEqual([plan.id])
  expect(await acting(inHours(3))).toEqual([])
})

it('keeps the button for what a replay left when its incident is resolved, and none of the others', async () => {
  const ref = { system: 'sales', queue: 'email' }
  const purpose = (options: object): ButtonPurpose => ({
    kind: 'plan',
    action: 'replay',
    scope: 'sales/email',
    refs: [ref],
    incidentId: 7,
    holdMs: null,
    jobs: { filter: '', options },
  })
  const { buttons } = store.now
  await buttons.ensure(purpose({ continues: 42 }), 'rest', new Date())
  await buttons.ensure(purpose({}), 'plain', new Date())
  await buttons.spendIncident(7, ['plan'], null, 'it is resolved', new Date())
  expect((await buttons.byToken('rest'))?.spentAt).toBeNull()
  expect((await buttons.byToken('plain'))?.spentAt).not.toBeNull()
})
