import { OperatorError } from '../../domain/errors.ts'
import { errorShape } from '../../domain/failure-cluster.ts'
import type { JobLine } from '../../domain/job-details.ts'
import type { VaultShare } from '../../domain/ports/vault-reads.ts'
import type { RampWish } from '../../domain/replay.ts'
import type { VaultJob, VaultSet } from '../../domain/vault.ts'
import type { VaultSetShare, VaultSetView } from '../../domain/views-jobs.ts'
import type { Tokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { jobToken } from '../jobs/job-tokens.ts'

/** Distinct errors that are read; their shapes are few. */
const MOST_SHARES = 20_000
const SHOWN_JOBS = 3
const CANARY: RampWish = { steps: [{ jobs: 10 }] }

/** One set of the vault in detail. Throws `bad_input` where there is none of this number. */
export async function showVaultSet(
  deps: Pick<Deps, 'store' | 'systems' | 'clock' | 'ids'>,
  { number }: { readonly number: number },
): Promise<VaultSetView> {
  const { vault, vaultReads } = deps.store.now
  const set = await vault.setByNumber(number)
  if (set === null)
    throw new OperatorError(
      'bad_input',
      `There is no vault set v${number}.`,
      'Nothing was changed. `vault` shows what there is.',
    )
  const [shares, sample, exits] = await Promise.all([
    vaultReads.shares(set.id, MOST_SHARES),
    vault.held(set.id, { after: 0, limit: SHOWN_JOBS, withContent: false }),
    vaultReads.exits(set.id),
  ])
  return {
    set,
    shares: byShape(shares),
    sample: sample.map(({ job }) => lineOf(job)),
    exits,
    tokens: await tokensOf(deps, set),
    at: deps.clock.now(),
  }
}

/** Errors that differ in an id or a host only are one. */
function byShape(shares: readonly VaultShare[]): readonly VaultSetShare[] {
  const merged = new Map<string, VaultSetShare>()
  for (const { type, error, count, lastFailedAt } of shares) {
    const shape = shapeOrNull(error)
    const key = JSON.stringify([type, shape])
    const known = merged.get(key)
    merged.set(key, {
      type,
      shape,
      count: count + (known?.count ?? 0),
      lastFailedAt: later(lastFailedAt, known?.lastFailedAt ?? null),
    })
  }
  return [...merged.values()].toSorted((a, b) => b.count - a.count)
}

const later = (a: Date | null, b: Date | null): Date | null =>
  a === null || (b !== null && b > a) ? b : a

/** Stacks are within the content, which is not read for this: shapes alone tell. */
const shapeOrNull = (error: string | null): string | null =>
  error === null ? null : errorShape(error)

const lineOf = ({ from, facts }: VaultJob): JobLine => {
  const { id, type, addedAt, endedAt, attempts, priority, error } = facts
  const shape = shapeOrNull(error)
  return { id, state: from, type, addedAt, endedAt, attempts, priority, shape }
}

async function tokensOf(
  deps: Parameters<typeof showVaultSet>[0],
  { ref, number, incidentId, counts }: VaultSet,
): Promise<Tokens> {
  if (counts.held === 0 || !isActedOn(deps, ref.system)) return {}
  const about = { ref, scope: `v${number}`, incidentId, filter: '' }
  const [replay, release] = await Promise.all([
    jobToken(deps, 'replay', { ...about, options: { vault: number, ramp: CANARY } }),
    jobToken(deps, 'release', { ...about, options: { vault: number } }),
  ])
  return { replay, release }
}

/** A set may outlive its system's place in the configuration. */
const isActedOn = ({ systems }: Pick<Deps, 'systems'>, name: string): boolean =>
  systems.all().some((system) => system.name === name && system.jobs !== null)
