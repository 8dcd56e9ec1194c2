import { LeaseLost } from '../execution.ts'
import { jobAction } from './job-action.ts'

/**
 * Content of the vault is deleted for good; metadata and the payload's hash stay. One statement per slice:
 * run again it finds the rows discarded by this plan, and says the same.
 */
export const discardAction = jobAction({
  kind: 'discard',
  async carryOutSlice({ store, clock }, { part: { plan, fence }, slice }) {
    const discarded = await store.transaction(({ vault }) =>
      vault.discard(plan.id, fence, slice.ids.map(Number), clock.now()),
    )
    if (discarded === null) throw new LeaseLost()
    const done = new Set(discarded.map(String))
    return {
      ends: slice.ids.map((id) => ({ id, skipped: done.has(id) ? null : ('not_held' as const) })),
    }
  },
  check: async () => ({
    words: '; only their metadata and the hashes of their payloads are left',
    found: null,
  }),
})
