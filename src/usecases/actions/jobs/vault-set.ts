import type { VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import type { Part } from '../execution.ts'

/** The set that this plan's jobs of this queue go to: one, however often it is asked for. */
export async function openVaultSet(
  { store, clock, ids, settings }: Pick<Deps, 'store' | 'clock' | 'ids' | 'settings'>,
  { plan, queue }: Part,
): Promise<VaultSet> {
  const madeAt = clock.now()
  const { keepMs } = settings.vault
  return store.now.vault.openSet({
    id: ids.uuid(),
    planId: plan.id,
    ref: queue.ref,
    tier: queue.tier,
    incidentId: plan.incidentId,
    owner: plan.actor,
    label: plan.jobs?.label ?? plan.jobs?.filter ?? '',
    reason: plan.reason,
    madeAt,
    keptUntil: keepMs === null ? null : new Date(madeAt.getTime() + keepMs),
  })
}
