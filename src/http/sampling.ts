import type { QueueSystem, QueueSystems } from '../domain/ports/queue-system.ts'
import type { ReplayTotals } from '../domain/ports/replay-store.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import type { Store } from '../domain/ports/store.ts'
import type { VaultTotal } from '../domain/ports/vault-reads.ts'
import { backlog, queueKey, type QueueOverview } from '../domain/queue.ts'
import type { PartState } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface SamplingOptions {
  readonly systems: QueueSystems
  readonly store: Store
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
  readonly everyMs: number
}

export interface Sampling {
  /** The systems as last seen, for `/readyz`. */
  states(): Readonly<Record<string, PartState>>
  /** Stops asking; what is being asked ends by itself. */
  stop(): void
}

/** Fills the gauges in the background, every part apart, so that one that hangs holds up no other. */
export function startSampling(options: SamplingOptions): Sampling {
  const states = new Map<string, PartState>()
  const loops = [
    ...options.systems
      .all()
      .map((system) => repeat(options, createSystemSample(options, system, states))),
    repeat(options, () => sampleState(options)),
  ]
  return {
    states: () => Object.fromEntries(states),
    stop: () => loops.forEach((stop) => stop()),
  }
}

function repeat({ everyMs, log }: SamplingOptions, sample: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | null = null
  let isStopped = false
  const next = async (): Promise<void> => {
    await sample().catch((error: unknown) =>
      log.debug({ event: 'metrics.sample_failed', err: error }, 'a sample failed'),
    )
    if (!isStopped) timer = setTimeout(() => void next(), everyMs).unref()
  }
  void next()
  return () => {
    isStopped = true
    if (timer !== null) clearTimeout(timer)
  }
}

function createSystemSample(
  { metrics, clock }: SamplingOptions,
  system: QueueSystem,
  states: Map<string, PartState>,
): () => Promise<void> {
  let shown = new Map<string, QueueOverview>()
  const show = (overviews: readonly QueueOverview[], at: Date): void => {
    const known = overviews.filter(({ isKnown }) => isKnown)
    const current = new Map(known.map((overview) => [queueKey(overview.ref), overview]))
    // A queue that is gone or unknown has no number: an old one would look like a measured one.
    for (const [key, overview] of shown) if (!current.has(key)) removeQueue(metrics, overview)
    for (const overview of current.values()) setQueue(metrics, overview, at)
    shown = current
  }
  return async () => {
    try {
      const overviews = await system.overview(system.knownQueues())
      const at = clock.now()
      show(overviews, at)
      metrics.systemUp.set({ system: system.name }, 1)
      metrics.systemSampled.set({ system: system.name }, at.getTime() / 1000)
      states.set(system.name, { isUp: true, words: `${overviews.length} queues` })
    } catch (error) {
      show([], clock.now())
      metrics.systemUp.set({ system: system.name }, 0)
      states.set(system.name, { isUp: false, words: 'does not answer' })
      throw error
    }
  }
}

function setQueue(metrics: Metrics, overview: QueueOverview, at: Date): void {
  const { ref, counts, oldestWaitingAt, isPaused, stranded, workers } = overview
  const labels = { system: ref.system, queue: ref.queue }
  for (const [state, count] of Object.entries(counts))
    metrics.queueJobs.set({ ...labels, state }, count as number)
  const ageMs = oldestWaitingAt === null ? null : at.getTime() - oldestWaitingAt.getTime()
  // Nothing waits: that is an age of 0. Something waits and nobody knows since when: that is none.
  if (ageMs === null && backlog(counts) > 0) metrics.queueOldest.remove(labels)
  else metrics.queueOldest.set(labels, Math.max(0, ageMs ?? 0) / 1000)
  metrics.queuePaused.set(labels, isPaused ? 1 : 0)
  metrics.queueStranded.set(labels, stranded)
  if (workers === null) metrics.queueWorkers.remove(labels)
  else metrics.queueWorkers.set(labels, workers)
}

function removeQueue(metrics: Metrics, { ref, counts }: QueueOverview): void {
  const labels = { system: ref.system, queue: ref.queue }
  for (const state of Object.keys(counts)) metrics.queueJobs.remove({ ...labels, state })
  for (const name of ['queueOldest', 'queuePaused', 'queueStranded', 'queueWorkers'] as const)
    metrics[name].remove(labels)
}

const UNUSED: Omit<VaultTotal, 'system'> = {
  held: 0,
  sizeBytes: 0,
  oldestAt: null,
  entered: 0,
  left: { released: 0, discarded: 0, expired: 0, forgotten: 0 },
}

/** With those of which the vault never had a job: what starts at its first number has not grown by it. */
function ofEverySystem(
  totals: readonly VaultTotal[],
  systems: readonly QueueSystem[],
): readonly VaultTotal[] {
  const used = new Set(totals.map(({ system }) => system))
  const unused = systems.filter(({ name }) => !used.has(name))
  return [...totals, ...unused.map(({ name }) => ({ system: name, ...UNUSED }))]
}

function setVault(metrics: Metrics, totals: readonly VaultTotal[], at: Date): void {
  const { vaultJobs, vaultBytes, vaultOldest, vaultIn, vaultOut } = metrics
  // Within one turn, so that no scrape comes between: the database's counts are set, never added to.
  for (const metric of [vaultJobs, vaultBytes, vaultOldest, vaultIn, vaultOut]) metric.reset()
  for (const { system, held, sizeBytes, oldestAt, entered, left } of totals) {
    vaultIn.inc({ system }, entered)
    for (const [how, count] of Object.entries(left)) vaultOut.inc({ system, how }, count)
    vaultJobs.set({ system }, held)
    vaultBytes.set({ system }, sizeBytes)
    if (oldestAt !== null)
      vaultOldest.set({ system }, Math.max(0, at.getTime() - oldestAt.getTime()) / 1000)
  }
}

function setReplays({ replays, replayJobs }: Metrics, { underWay, jobs }: ReplayTotals): void {
  for (const [state, count] of Object.entries(underWay)) replays.set({ state }, count)
  replayJobs.reset()
  for (const [outcome, count] of Object.entries(jobs)) replayJobs.inc({ outcome }, count)
}

const STATES = ['triage', 'open', 'mitigated'] as const

async function sampleState({ store, systems, metrics, clock }: SamplingOptions): Promise<void> {
  const { messages, incidents, holds, control, plans, reviews, vaultReads, replays } = store.now
  const [depth, unresolved, active, freeze, requested, unsigned, totals, replayed] =
    await Promise.all([
      messages.depth(),
      incidents.unresolved(),
      holds.active(null),
      control.frozen(),
      plans.requested(),
      reviews.unsigned(),
      vaultReads.bySystem(),
      replays.totals(),
    ])
  metrics.outboxDepth.set(depth)
  for (const state of STATES)
    metrics.incidents.set(
      { state },
      unresolved.filter((incident) => incident.state === state).length,
    )
  metrics.holds.set(active.length)
  metrics.plansPending.set({ waiting_for: 'approval' }, requested.length)
  metrics.plansPending.set({ waiting_for: 'sign_off' }, unsigned.length)
  metrics.frozen.set(freeze === null ? 0 : 1)
  setReplays(metrics, replayed)
  setVault(metrics, ofEverySystem(totals, systems.all()), clock.now())
  metrics.stateSampled.set(clock.now().getTime() / 1000)
}
