import type { Plan } from '../../src/domain/action.ts'
import type { Chat } from '../../src/domain/ports/chat.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import { randomIds } from '../../src/runtime.ts'
import { aPlannedQueue } from '../unit/slack/render/builders.ts'
import { aPlannedReplay, aReplayPlan, aWave } from '../unit/slack/render/replays.ts'
import type { TestClock } from './clock.ts'
import { aSettings } from './config-of.ts'
import { jobPlans } from './job-plans.ts'
import { silentLog } from './silent-log.ts'
import { BASELINE, seenJob } from './stored-replays.ts'
import { createToyPeople } from './toy-people.ts'

const MINUTE_MS = 60_000

const WAVES = [aWave(0, 4), aWave(1, 6)]
const STRATA = [
  { type: 'send', shape: 'connect ETIMEDOUT', jobs: 9 },
  { type: 'bounce', shape: null, jobs: 1 },
]
const PLANNED = { ...aPlannedReplay(WAVES), strata: STRATA, looked: 10 }

const SYSTEMS = {
  all: () => [],
  get: (): never => {
    throw new Error('cards look at no system')
  },
}

/** Replays of ten jobs in two waves, as cards and tables find them: through the store alone. */
export function viewedReplays(store: Store, clock: TestClock) {
  const { plans, slices, replays } = store.now
  const make = jobPlans(store)
  const later = (ms: number): Date => new Date(clock.now().getTime() + ms)

  /** Under way, its first slice in line but for one job; no replay begun. */
  async function replaying() {
    const now = clock.now()
    const id = crypto.randomUUID()
    const ref = { system: 'sales', queue: `email-${id}` }
    const wanted = aReplayPlan(WAVES, {
      id,
      state: 'planned',
      startedAt: null,
      tier: 'T2',
      incidentId: null,
      queues: [aPlannedQueue({ ref, jobs: 10 })],
      createdAt: now,
      expiresAt: later(MINUTE_MS),
    })
    const jobs = wanted.jobs === null ? null : { ...wanted.jobs, replay: PLANNED }
    await plans.add({ ...wanted, jobs })
    await slices.add(id, [
      { position: 0, ref, state: 'failed', ids: ['a', 'b', 'c', '=d'], wave: 0 },
      { position: 1, ref, state: 'failed', ids: ['e', 'f', 'g', 'h', 'i', 'j'], wave: 1 },
    ])
    await make.confirm(id)
    const fence = await make.lease(id)
    await slices.begin(id, fence, 0, now, MINUTE_MS)
    await slices.end(id, fence, 0, { state: 'done', skipped: { gone: ['c'] }, renamed: {} }, now)
    const plan = async (): Promise<Plan> => {
      const found = await plans.byId(id)
      if (found === null) throw new Error('the plan is there')
      return found
    }
    return { id, ref, plan }
  }

  /** Three of the first wave are in line; of these one completed, one failed in a new way. */
  async function halfWay() {
    const made = await replaying()
    const { id, ref } = made
    const now = clock.now()
    await replays.begin({
      planId: id,
      ref,
      position: '0-0',
      baseline: BASELINE,
      waves: [4, 6],
      now,
    })
    await replays.beginWave(id, 0, now)
    const job = (key: string, stratum: number) => ({ id: key, key, stratum })
    await replays.addJobs(id, 0, [job('a', 0), job('b', 0), job('=d', 1)], 1, now)
    await replays.note(id, [
      seenJob('a', 'completed', { at: later(1000) }),
      seenJob('=d', 'failed', { shape: 'TypeError: x', isKnown: false, at: later(2000) }),
    ])
    return made
  }

  const depsWith = (chat: Partial<Chat> = {}) => ({
    store,
    systems: SYSTEMS,
    settings: aSettings(),
    chat: { ...createToyPeople(() => true), ...chat },
    clock,
    ids: randomIds,
    log: silentLog,
  })
  return { replaying, halfWay, later, depsWith }
}
