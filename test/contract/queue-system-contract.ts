import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { QueueSystem } from '../../src/domain/ports/queue-system.ts'
import { eventually } from '../helpers/eventually.ts'

/** One job as the contract needs it: `delayMs` and `priority` where the engine knows them. */
export interface ContractJob {
  readonly name: string
  readonly data: unknown
  readonly kind: 'plain' | 'delayed' | 'prioritized' | 'first'
}

/** What an adapter's test file provides: the real engine on the other side, and its failures. */
export interface ContractWorld {
  readonly system: QueueSystem
  /** Releases of the engine whose producers and workers must be coped with. */
  readonly flavours: readonly string[]
  add(flavour: string, queue: string, jobs: readonly ContractJob[]): Promise<readonly string[]>
  /** Starts a worker; a job whose processing rejects has failed. */
  work(
    flavour: string,
    queue: string,
    process: (id: string) => Promise<void>,
  ): Promise<{ close(): Promise<void> }>
  /** True where a worker of this flavour takes what a producer of that one adds to a paused queue. */
  isLeaky(producer: string, worker: string): boolean
  /** Everything that the engine's server keeps, byte for byte. */
  contents(): Promise<ReadonlyMap<string, string>>
  crashServer(): Promise<void>
  restartServer(): Promise<void>
  close(): Promise<void>
}

const KINDS = ['plain', 'plain', 'delayed', 'prioritized', 'first'] as const

const someJobs = (count: number): readonly ContractJob[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `type-${index % 3}`,
    data: { index, email: 'jane@example.com' },
    kind: KINDS[index % KINDS.length] ?? 'plain',
  }))

const plainJobs = (count: number): readonly ContractJob[] =>
  someJobs(count).map((job) => ({ ...job, kind: 'plain' }))

/** The promises of the `QueueSystem` port, against a real engine. Every adapter runs all of them. */
export function describeQueueSystem(title: string, openWorld: () => Promise<ContractWorld>): void {
  describe(`queue system: ${title}`, () => {
    let world: ContractWorld
    beforeAll(async () => {
      world = await openWorld()
    })
    afterAll(() => world.close())
    const flavour = () => world.flavours[0] ?? ''

    reads(() => world, flavour)
    pauses(() => world, flavour)
    badDays(() => world, flavour)
  })
}

function reads(world: () => ContractWorld, flavour: () => string): void {
  it('counts jobs by state, in the order asked for, an unknown queue as empty', async () => {
    const { system } = world()
    await world().add(flavour(), 'reads:counted', [
      ...plainJobs(4),
      { name: 'later', data: {}, kind: 'prioritized' },
    ])
    const [empty, counted] = await system.overview(['reads:nobody', 'reads:counted'])
    expect(empty).toMatchObject({
      ref: { queue: 'reads:nobody' },
      isKnown: false,
      oldestWaitingAt: null,
    })
    expect(counted?.isKnown).toBe(true)
    expect(counted?.counts).toMatchObject({ waiting: 4, prioritized: 1, active: 0, failed: 0 })
    expect(counted?.oldestWaitingAt?.getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  it('discovers a queue with colons in its name by its jobs or its workers', async () => {
    const { system } = world()
    await world().add(flavour(), 'found:by:jobs', plainJobs(1))
    await Promise.all(
      world().flavours.map(async (each) => {
        const worker = await world().work(each, `found:by:${each}`, async () => undefined)
        await eventually(`${each} worker found`, async () =>
          (await system.discoverNow()).includes(`found:by:${each}`),
        )
        await worker.close()
      }),
    )
    await eventually('found by the scan', () => system.knownQueues().includes('found:by:jobs'))
    expect(system.knownQueues()).toEqual(system.knownQueues().toSorted())
  })

  it('counts the workers of every flavour', async () => {
    const { system, flavours } = world()
    const workers = await Promise.all(
      flavours.map((each) => world().work(each, `workers:${each}`, async () => undefined)),
    )
    const seen = await Promise.all(
      flavours.map((each) =>
        eventually(`a worker of ${each}`, () => countWorkers(system, `workers:${each}`)),
      ),
    )
    expect(seen).toEqual(flavours.map(() => 1))
    await Promise.all(workers.map((worker) => worker.close()))
  })

  it('groups failed jobs by what failed and hides personal data', async () => {
    const { system } = world()
    const worker = await world().work(flavour(), 'reads:failing', (id) =>
      Promise.reject(new Error(`connect ETIMEDOUT 10.0.0.${id}:443`)),
    )
    await world().add(flavour(), 'reads:failing', plainJobs(6))
    await eventually('six failed', async () => {
      const [overview] = await system.overview(['reads:failing'])
      return overview?.counts.failed === 6
    })
    const { failures } = await system.detail('reads:failing')
    expect(failures).toMatchObject({ looked: 6, total: 6, isExact: true })
    expect(failures.items.map(({ shape, count }) => [shape, count])).toEqual(
      Array.from({ length: 3 }, () => ['connect ETIMEDOUT {host}', 2]),
    )
    expect(failures.items[0]?.sample?.data).not.toContain('jane@example.com')
    await worker.close()
  })

  it('counts waiting types, exactly when asked, and stops when told', async () => {
    const { system } = world()
    await world().add(flavour(), 'reads:types', plainJobs(900))
    const each = ['type-0', 'type-1', 'type-2'].map((type) => ({ type, count: 300 }))
    const { waitingTypes } = await system.detail('reads:types')
    expect(waitingTypes).toMatchObject({ items: each, looked: 900, total: 900, isExact: true })
    const seen: number[] = []
    const exact = await system.exactTypes(
      'reads:types',
      (share) => seen.push(share),
      AbortSignal.any([]),
    )
    expect(exact.items).toEqual(each)
    expect(seen.at(-1)).toBe(1)
    const aborted = system.exactTypes('reads:types', () => undefined, AbortSignal.abort())
    await expect(aborted).rejects.toThrow(/abort/i)
  })

  it('shows what a plan must know, and no number that it did not measure', async () => {
    const { system } = world()
    const ids = await world().add(flavour(), 'reads:planned', plainJobs(6))
    const facts = await system.planFacts('reads:planned')
    expect(facts).toMatchObject({ rate: null, workers: 0 })
    expect(facts.types).toMatchObject({ looked: 6, total: 6, isExact: true })
    expect(facts.sample.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    expect(JSON.stringify(facts.sample)).not.toContain('jane@example.com')
    expect(await system.planFacts('reads:nobody')).toEqual({
      types: { items: [], looked: 0, total: 0, isExact: true },
      sample: [],
      rate: null,
      workers: 0,
    })
  })

  it('changes nothing by reading', async () => {
    const { system } = world()
    await Promise.all(
      world().flavours.map((each) => world().add(each, `still:${each}`, someJobs(10))),
    )
    const queues = world().flavours.map((each) => `still:${each}`)
    const before = await world().contents()
    await system.discoverNow()
    await system.overview(queues)
    await system.health()
    for (const queue of queues) {
      await system.detail(queue)
      await system.exactTypes(queue, () => undefined, AbortSignal.any([]))
      await system.pauseState(queue)
      await system.proveHeld(queue, 50)
      await system.proveRuns(queue, 50)
      await system.planFacts(queue)
    }
    expect(await world().contents()).toEqual(before)
  })
}

function pauses(world: () => ContractWorld, flavour: () => string): void {
  it('pauses and resumes once, however often it is told', async () => {
    const { system } = world()
    await world().add(flavour(), 'pause:twice', plainJobs(3))
    expect(await system.pause('pause:twice')).toBe(true)
    expect(await system.pause('pause:twice')).toBe(false)
    expect((await system.pauseState('pause:twice')).isPaused).toBe(true)
    expect(await system.resume('pause:twice')).toBe(true)
    expect(await system.resume('pause:twice')).toBe(false)
    const [after] = await system.overview(['pause:twice'])
    expect(after).toMatchObject({ isPaused: false, counts: { waiting: 3, paused: 0 } })
  })

  it('runs every job exactly once, whoever produces and whoever works', async () => {
    const pairs = world().flavours.flatMap((producer) =>
      world().flavours.map((worker) => ({ producer, worker })),
    )
    const outcomes = await Promise.all(pairs.map((pair) => pauseAndResume(world(), pair)))
    expect(outcomes).toEqual(
      pairs.map((pair) => ({
        ...pair,
        proof: world().isLeaky(pair.producer, pair.worker) ? 'not_held' : 'held',
        ran: 'running',
        lost: [],
        twice: [],
      })),
    )
  })

  it('claims to hold only what it saw', async () => {
    const { system } = world()
    await system.pause('proof:empty')
    expect(await system.proveHeld('proof:empty', 100)).toBe('set_not_proven')
    await world().add(flavour(), 'proof:lonely', plainJobs(2))
    await system.pause('proof:lonely')
    expect(await system.proveHeld('proof:lonely', 100)).toBe('set_not_proven')
    expect(await system.proveRuns('proof:lonely', 100)).toBe('paused_again')
    await system.resume('proof:lonely')
    expect(await system.proveHeld('proof:lonely', 100)).toBe('not_held')
    expect(await system.proveRuns('proof:lonely', 100)).toBe('set_not_proven')
  })
}

/** Null as long as there is none. */
const countWorkers = async (system: QueueSystem, queue: string): Promise<number | null> =>
  (await system.pauseState(queue)).overview.workers || null

interface Pair {
  readonly producer: string
  readonly worker: string
}

/** Jobs before, during and at the end of a pause; the ledger of the workers tells what became of them. */
async function pauseAndResume({ system, ...world }: ContractWorld, pair: Pair) {
  const queue = `matrix:${pair.producer}:${pair.worker}`
  const add = (count: number) => world.add(pair.producer, queue, someJobs(count))
  const ledger: string[] = []
  const ids = [...(await add(20))]
  await system.pause(queue)
  const worker = await world.work(pair.worker, queue, async (id) => void ledger.push(id))
  await eventually('its worker', () => countWorkers(system, queue))
  const [proof, during] = await Promise.all([system.proveHeld(queue, 800), add(20)])
  const [, atResume] = await Promise.all([system.resume(queue), add(10)])
  const ran = await system.proveRuns(queue, 5000)
  ids.push(...during, ...atResume)
  const lost = () => ids.filter((id) => !ledger.includes(id))
  await eventually('every job run', () => lost().length === 0).catch(() => undefined)
  await worker.close()
  return {
    ...pair,
    proof,
    ran,
    lost: lost(),
    twice: ledger.filter((id, at) => ledger.indexOf(id) !== at),
  }
}

function badDays(world: () => ContractWorld, flavour: () => string): void {
  it('says at once that the system is away, and works again when it is back', async () => {
    const { system } = world()
    await world().crashServer()
    const away = { name: 'OperatorError', code: 'system_unreachable' }
    await expect(system.overview(['away'])).rejects.toMatchObject(away)
    await expect(system.pause('away')).rejects.toMatchObject(away)
    expect(await system.health()).toMatchObject({ isReachable: false })
    await world().restartServer()
    await eventually('reads again', () => system.overview(['away']).catch(() => null))
    await eventually('acts again', () => system.pause('away').catch(() => null))
    await world().add(flavour(), 'away', plainJobs(2))
    expect(await system.resume('away')).toBe(true)
  })
}
