import type { Incident } from '../../domain/incident.ts'
import { queueKey } from '../../domain/queue.ts'
import type { Recovery } from '../../domain/recovery.ts'
import type { Deps } from '../deps.ts'
import { tokenFor } from '../queues/queue-tokens.ts'
import { actionProbes } from './look.ts'
import { allRefsOf } from './refs-of.ts'

/** A checklist as people see it. */
export interface RecoveryView {
  readonly recovery: Recovery
  readonly incident: Incident
  /** Queues that have to recover, looked at or not. */
  readonly queues: number
  /** What the configuration has nothing to ask about. */
  readonly unasked: readonly ('health' | 'external')[]
  /** Jobs of these queues that are in the vault, and so not counted as failed. */
  readonly inVault: number
  readonly tokens: {
    readonly resolve?: string
    readonly stop?: string
    readonly probes: readonly { readonly name: string; readonly token: string }[]
  }
  readonly at: Date
}

type ViewDeps = Pick<Deps, 'store' | 'settings' | 'probes' | 'clock' | 'ids' | 'systems'>

/** Everything that a checklist's message tells, gathered now. */
export async function recoveryView(deps: ViewDeps, recovery: Recovery): Promise<RecoveryView> {
  const incident = await deps.store.now.incidents.byId(recovery.incidentId)
  if (incident === null)
    throw new Error(`recovery ${recovery.id} is about an incident that is gone`)
  const asked = new Set(
    recovery.refs.flatMap((ref) => deps.probes.of(ref)).map(({ about }) => about),
  )
  return {
    recovery,
    incident,
    queues: await queuesOf(deps, recovery, incident),
    unasked: (['health', 'external'] as const).filter((about) => !asked.has(about)),
    inVault: await inVault(deps, recovery),
    tokens: await tokensOf(deps, recovery, incident),
    at: deps.clock.now(),
  }
}

async function queuesOf(deps: ViewDeps, { refs }: Recovery, incident: Incident): Promise<number> {
  const all = [...refs, ...(await allRefsOf(deps, deps.store.now, incident))]
  return new Set(all.map(queueKey)).size
}

const MOST_SETS = 100

async function inVault({ store }: ViewDeps, { refs }: Recovery): Promise<number> {
  const sets = await Promise.all(
    refs.map((ref) => store.now.vault.sets({ ref, isHolding: true, limit: MOST_SETS })),
  )
  return sets.flat().reduce((sum, set) => sum + set.counts.held, 0)
}

async function tokensOf(
  deps: ViewDeps,
  recovery: Recovery,
  incident: Incident,
): Promise<RecoveryView['tokens']> {
  if (incident.state === 'resolved') return { probes: [] }
  const resolve = await tokenFor(deps, { kind: 'resolve', incidentId: incident.id })
  if (recovery.state === 'recovered') return { resolve, probes: [] }
  if (recovery.endedAt !== null) return { probes: [] }
  const stop = await tokenFor(deps, { kind: 'stop_recovery', recoveryId: recovery.id })
  return { stop, probes: await probeTokens(deps, recovery) }
}

/** Each run has a button of its own: one that was clicked says so, and the next is there. */
async function probeTokens(
  deps: ViewDeps,
  { id, refs }: Recovery,
): Promise<RecoveryView['tokens']['probes']> {
  const probes = actionProbes(deps, refs)
  const runs = probes.length === 0 ? [] : await deps.store.now.recoveries.runs(id)
  return Promise.all(
    probes.map(async ({ name }) => {
      const run = runs.filter(({ probe }) => probe === name).length + 1
      const purpose = { kind: 'probe' as const, recoveryId: id, probe: name, run }
      return { name, token: await tokenFor(deps, purpose) }
    }),
  )
}
