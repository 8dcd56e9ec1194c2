import type { Plan } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { cardKey, placesOf } from './card.ts'

/**
 * Has what a replay's jobs failed with posted into the thread of its card, wherever that is shown, or rendered again
 * where it is: an edit notifies nobody.
 */
export async function showReplayDetails(store: Repositories, plan: Plan): Promise<void> {
  const { targets } = await placesOf(store, plan)
  for (const target of targets) {
    const thread = cardKey(plan, target)
    await store.messages.put({
      key: `${thread}:details`,
      target,
      content: { kind: 'replay_details', planId: plan.id },
      priority: 2,
      thread,
    })
  }
}
