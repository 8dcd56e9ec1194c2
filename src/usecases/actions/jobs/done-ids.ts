import type { Repositories } from '../../../domain/ports/store.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { isSameQueue, type QueueRef } from '../../../domain/queue.ts'

const PAGE = 100

/** Ids of a plan's jobs at one queue that were dealt with: in the queue, or of rows of the vault. In their order. */
export async function doneIds(
  { slices }: Pick<Repositories, 'slices'>,
  planId: string,
  ref: QueueRef,
): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after = -1; ;) {
    const page = await slices.page(planId, after, PAGE)
    ids.push(...page.filter((slice) => isSameQueue(slice.ref, ref)).flatMap(doneOf))
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return ids
    after = last.position
  }
}

function doneOf({ ids, end }: Slice): readonly string[] {
  if (end?.state !== 'done') return []
  const skipped = new Set(Object.values(end.skipped).flat())
  return ids.filter((id) => !skipped.has(id))
}
