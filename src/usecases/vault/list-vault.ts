import type { QueueRef } from '../../domain/queue.ts'
import { queueKey } from '../../domain/queue.ts'
import type { VaultSet } from '../../domain/vault.ts'
import type { VaultView } from '../../domain/views-jobs.ts'
import type { Deps } from '../deps.ts'
import { findQueue } from '../queues/known-queues.ts'

/** Beyond this a queue must be named. */
const MOST_SETS = 200

type VaultDeps = Pick<Deps, 'store' | 'systems' | 'settings' | 'clock'>

/**
 * Sets that hold something, newest first: all, or those of the queue that `word` means. A queue whose last job
 * is in the vault may be gone from its system: it is found by its sets, too. Throws `unknown_queue`.
 */
export async function listVault(
  deps: VaultDeps,
  { word }: { readonly word: string | null },
): Promise<VaultView> {
  const { vault } = deps.store.now
  const query = { isHolding: true, limit: MOST_SETS } as const
  const all = await vault.sets({ ref: null, ...query })
  const ref = word === null ? null : await queueOf(deps, word, all)
  const sets = ref === null ? all : await vault.sets({ ref, ...query })
  return {
    ref,
    sets,
    isCut: sets.length === MOST_SETS,
    totals: ref === null ? await vault.totals() : totalsOf(sets),
    at: deps.clock.now(),
  }
}

async function queueOf(
  deps: VaultDeps,
  word: string,
  sets: readonly VaultSet[],
): Promise<QueueRef> {
  const named = sets.filter(({ ref }) => queueKey(ref) === word || ref.queue === word)
  const keys = new Set(named.map(({ ref }) => queueKey(ref)))
  const [first] = named
  return first !== undefined && keys.size === 1 ? first.ref : findQueue(deps, word, null)
}

const totalsOf = (sets: readonly VaultSet[]): VaultView['totals'] => ({
  held: sets.reduce((sum, { counts }) => sum + counts.held, 0),
  sizeBytes: sets.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  sets: sets.length,
})
