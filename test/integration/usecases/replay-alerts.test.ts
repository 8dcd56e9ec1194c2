import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Store } from '../../../src/domain/ports/store.ts'
import { parseBody } from '../../../src/http/alerts/parsers.ts'
import { randomIds } from '../../../src/runtime.ts'
import { createStore } from '../../../src/store/store.ts'
import { processDelivery } from '../../../src/usecases/alerts/process-delivery.ts'
import type { Deps } from '../../../src/usecases/deps.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { anAlert, aSettings, webhook, type WebhookAlert } from '../../helpers/config-of.ts'
import { noProbes } from '../../helpers/no-probes.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'
import { BEGAN, minutesOn, storedReplays } from '../../helpers/stored-replays.ts'
import { createToyPeople } from '../../helpers/toy-people.ts'
import { createToyQueues } from '../../helpers/toy-queues.ts'

const clock = createTestClock()
let database: TestDatabase
let store: Store
let stage: ReturnType<typeof storedReplays>
let deps: Deps
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool(), 'test', clock)
  stage = storedReplays(store)
  const settings = aSettings()
  deps = {
    store,
    systems: createToyQueues(async () => undefined).systemsFor(null),
    probes: noProbes,
    chat: createToyPeople(() => false),
    settings: { ...settings, rooms: { ...settings.rooms, maxAutomatic: 99 } },
    clock,
    ids: randomIds,
    log: silentLog,
  }
})
afterAll(() => database.drop())

/** A sender's body arrives so many minutes after the replays began, and is worked off. */
async function arriveAt(
  settings: Deps['settings'],
  minutes: number,
  alerts: readonly WebhookAlert[],
): Promise<void> {
  const receivedAt = minutesOn(minutes)
  clock.set(receivedAt)
  const id = crypto.randomUUID()
  await store.now.deliveries.add({
    id,
    source: 'alertmanager',
    body: Buffer.from(JSON.stringify(webhook(alerts))),
    receivedAt,
    correlationId: id,
    redeliveryMs: 0,
  })
  await processDelivery({ ...deps, settings, parse: parseBody }, id)
}

const arrive = (minutes: number, ...alerts: readonly WebhookAlert[]): Promise<void> =>
  arriveAt(deps.settings, minutes, alerts)

const alertOn = (
  queue: string,
  startedAt: number,
  labels: Readonly<Record<string, string>> = {},
): WebhookAlert =>
  anAlert(
    { queue, alertname: 'QueueBacklog', ...labels },
    { startsAt: minutesOn(startedAt).toISOString() },
  )

const ended = (alert: WebhookAlert, minutes: number): WebhookAlert => ({
  ...alert,
  status: 'resolved',
  endsAt: minutesOn(minutes).toISOString(),
})

const incidentOf = (queue: string) => store.now.incidents.unresolvedByKey(`queue:sales/${queue}`)

/** The unresolved incident of a queue; it has to have one. */
async function theIncidentOf(queue: string) {
  const incident = await incidentOf(queue)
  if (incident === null) throw new Error(`${queue} has no incident`)
  return incident
}

const alertsOf = ({ id }: { readonly id: number }) => store.now.alerts.ofIncident(id, 99)

const timelineOf = async ({ id }: { readonly id: number }): Promise<readonly string[]> =>
  (await store.now.timeline.ofIncident(id, 99)).map(({ words }) => words)

/** What its room was told of folded alerts. */
async function foldedLines({ id }: { readonly id: number }): Promise<readonly unknown[]> {
  const pool = database.openAppPool({ max: 1 })
  const { rows: found } = await pool.query<{ line: unknown }>(
    `select content -> 'line' as line from message
     where target ->> 'incidentId' = $1 and content -> 'line' ->> 'words' like '%folded into%' order by id`,
    [String(id)],
  )
  await pool.end()
  return found.map(({ line }) => line)
}

const rooms = () => store.now.incidents.automaticRoomsSince(new Date(0))

/** A replay in its second wave, which put its latest job in line one minute after it began. */
async function aReplay({ isForIncident = true } = {}) {
  const plan = await stage.replaying([1, 5])
  const cause = `cause-${plan.id}`
  const first = alertOn(cause, -31)
  if (isForIncident) {
    await arrive(-30, first)
    const { id } = await theIncidentOf(cause)
    const pool = database.openAppPool({ max: 1 })
    await pool.query('update plan set incident_id = $2 where id = $1', [plan.id, id])
    await pool.end()
  }
  await stage.put(plan, ['1'])
  await stage.promote(plan, 0)
  await stage.put(plan, ['2'], { wave: 1, now: minutesOn(1) })
  const { planNumber } = await stage.read(plan)
  return { plan, cause, first, planNumber, queue: plan.ref.queue, label: { planNumber, wave: 1 } }
}

describe('an alert that begins while a replay puts jobs in line on its queue', () => {
  it("goes to the replay's incident, labelled, and opens no room of its own", async () => {
    const { plan, cause, queue, planNumber, label } = await aReplay()
    const before = await rooms()
    const alert = alertOn(queue, 3)
    await arrive(4, alert)
    expect(await incidentOf(queue)).toBeNull()
    expect(await rooms()).toBe(before)
    const home = await theIncidentOf(cause)
    const caused = (await alertsOf(home)).find(({ replay }) => replay !== null)
    expect(caused).toMatchObject({ fingerprint: alert.fingerprint, replay: label })
    expect(await timelineOf(home)).toContainEqual(
      `QueueBacklog fired during replay plan ${planNumber}, wave 2: “${queue} is deep”`,
    )
    expect(await store.now.alerts.beganSince(plan.ref, BEGAN)).toEqual(['QueueBacklog'])
    expect(await store.now.alerts.beganSince(plan.ref, minutesOn(3.1))).toEqual([])
  })

  it("keeps the replay's incident open until it is resolved, too", async () => {
    const { plan, cause, first, queue } = await aReplay()
    const alert = alertOn(queue, 3)
    await arrive(4, alert)
    await arrive(6, ended(first, 6))
    expect((await theIncidentOf(cause)).state).not.toBe('mitigated')
    await arrive(40, alert)
    await arrive(41, ended(alert, 41))
    expect((await theIncidentOf(cause)).state).toBe('mitigated')
    expect(await store.now.alerts.beganSince(plan.ref, BEGAN)).toEqual([])
  })

  it('is told there once for its name: whoever leads, else whoever ordered the replay', async () => {
    const { cause, queue, plan, planNumber } = await aReplay()
    const home = await theIncidentOf(cause)
    await arrive(4, alertOn(queue, 3), alertOn(queue, 3, { shard: '2' }))
    await arrive(5, alertOn(queue, 4, { shard: '3' }))
    const words = `QueueBacklog fired during replay plan ${planNumber}, wave 2: folded into this incident; the replay holds.`
    const ordered = (await store.now.plans.byId(plan.id))?.actor.userId
    expect(await foldedLines(home)).toEqual([{ icon: 'alert', words, mention: [ordered] }])
    await store.now.incidents.update(home.id, { lead: 'U0LEAD' })
    await arrive(6, alertOn(queue, 5, { alertname: '*Slow*' }))
    expect(await foldedLines(home)).toContainEqual({
      icon: 'alert',
      words: expect.stringMatching(/^∗Slow∗ fired during/),
      mention: ['U0LEAD'],
    })
  })

  it('gets its own room where it is more severe than that incident, labelled', async () => {
    const { cause, queue, label } = await aReplay()
    const home = await theIncidentOf(cause)
    await store.now.incidents.update(home.id, { severity: 'SEV3' })
    const before = await rooms()
    await arrive(4, alertOn(queue, 3, { alertname: 'DatabaseDown' }))
    expect(await alertsOf(await theIncidentOf(queue))).toMatchObject([{ replay: label }])
    expect(await rooms()).toBe(before + 1)
    expect(await foldedLines(home)).toEqual([])
    expect((await theIncidentOf(cause)).severity).toBe('SEV3')
  })

  it("goes to its queue's own incident where one is open, labelled", async () => {
    const { cause, queue, label } = await aReplay()
    const first = alertOn(queue, -20)
    await arrive(-19, first)
    await arrive(4, alertOn(queue, 3, { alertname: 'DatabaseDown' }))
    await arrive(6, ended(first, 6))
    const own = await theIncidentOf(queue)
    expect(own.state).not.toBe('mitigated')
    expect((await alertsOf(own)).map(({ replay }) => replay)).toEqual([label, null])
    expect(await alertsOf(await theIncidentOf(cause))).toHaveLength(1)
  })

  it('stays where it was folded although its queue gets an incident of its own', async () => {
    const { cause, queue } = await aReplay()
    const home = await theIncidentOf(cause)
    await store.now.incidents.update(home.id, { severity: 'SEV2' })
    const mild = alertOn(queue, 3, { severity: 'warning' })
    await arrive(4, mild)
    await arrive(5, alertOn(queue, 4, { alertname: 'DatabaseDown' }))
    await arrive(6, mild)
    expect(await alertsOf(home)).toHaveLength(2)
    expect(await alertsOf(await theIncidentOf(queue))).toHaveLength(1)
  })

  it('opens one as usual where the replay has none, labelled, and stays there', async () => {
    const { queue, label } = await aReplay({ isForIncident: false })
    const alert = alertOn(queue, 3)
    await arrive(4, alert)
    await arrive(30, alert)
    const own = await theIncidentOf(queue)
    expect(await alertsOf(own)).toMatchObject([{ replay: label, repeats: 1 }])
  })

  it("opens one as usual once the replay's is resolved, labelled, and stays there", async () => {
    const { cause, queue, label } = await aReplay()
    const { id } = await theIncidentOf(cause)
    await store.now.incidents.update(id, { state: 'resolved', resolvedAt: minutesOn(2) })
    const alert = alertOn(queue, 3)
    await arrive(4, alert)
    await store.now.incidents.update(id, { state: 'open', resolvedAt: null })
    await arrive(30, alert)
    const own = await theIncidentOf(queue)
    expect(own.id).not.toBe(id)
    expect(await alertsOf(own)).toMatchObject([{ replay: label, repeats: 1 }])
  })

  it('is one of a group whose others are not', async () => {
    const { cause, queue, planNumber } = await aReplay()
    const group = { ...aSettings().queueRules[0], match: `sales/*${queue}`, group: queue }
    const rules = [group as Deps['settings']['queueRules'][number]]
    const settings = { ...deps.settings, queueRules: rules }
    await arriveAt(settings, 4, [alertOn(queue, 3), alertOn(`other-${queue}`, 3)])
    const own = await store.now.incidents.unresolvedByKey(`group:${queue}`)
    expect(own?.ref?.queue).toBe(`other-${queue}`)
    expect(await alertsOf({ id: own?.id ?? 0 })).toMatchObject([{ replay: null }])
    const during = `fired during replay plan ${planNumber}, wave 2`
    const timeline = await timelineOf(await theIncidentOf(cause))
    expect(timeline.filter((words) => words.includes(during))).toHaveLength(1)
  })
})

describe('an alert that is none of its doing', () => {
  it.each([
    ['began before', -0.1, 4],
    ['is heard of long after', 15, 17],
  ])('is left alone: it %s', async (_words, startedAt, heardAt) => {
    const { cause, queue } = await aReplay()
    await arrive(heardAt, alertOn(queue, startedAt))
    expect(await alertsOf(await theIncidentOf(queue))).toMatchObject([{ replay: null }])
    expect(await alertsOf(await theIncidentOf(cause))).toHaveLength(1)
  })

  it.each([
    ['within five minutes after the replay ended is', 6.5, true],
    ['later is not', 7.5, false],
  ])('%s', async (_words, startedAt, isIts) => {
    const { plan, cause, queue } = await aReplay()
    await store.now.replays.change(plan.id, { state: 'halting' }, minutesOn(2))
    const over = { state: 'halted', endedAt: minutesOn(2) } as const
    await store.now.replays.change(plan.id, over, minutesOn(2))
    await arrive(8, alertOn(queue, startedAt))
    const home = await theIncidentOf(cause)
    expect((await incidentOf(queue)) === null).toBe(isIts)
    expect((await alertsOf(home)).some(({ replay }) => replay !== null)).toBe(isIts)
    const words = await foldedLines(home)
    expect(JSON.stringify(words).includes('the replay is over')).toBe(isIts)
  })

  it('is left alone: it fired already', async () => {
    const { queue } = await aReplay()
    const alert = alertOn(queue, -20)
    await arrive(-19, alert)
    await arrive(4, alert)
    expect(await alertsOf(await theIncidentOf(queue))).toMatchObject([{ replay: null, repeats: 1 }])
  })

  it('is left alone: it is about another queue, though of the same body', async () => {
    const { cause, queue } = await aReplay()
    const other = `other-${queue}`
    await arrive(4, alertOn(queue, 3), alertOn(other, 3))
    expect(await alertsOf(await theIncidentOf(other))).toMatchObject([{ replay: null }])
    expect(await alertsOf(await theIncidentOf(cause))).toHaveLength(2)
  })
})
