import { titleOf } from '../../../domain/action-words.ts'
import type { Plan } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import { doneWords } from '../../../domain/replay-lines.ts'

/** That a plan came to a good end, below its card; of a replay with what became of its jobs. */
export async function briefWords(store: Repositories, plan: Plan): Promise<string> {
  const title = titleOf(plan)
  const replay = plan.action === 'replay' ? await store.replays.byPlan(plan.id) : null
  if (replay === null || replay.state !== 'done') return `Done: the ${title}.`
  const sets: number[] = []
  for (const id of await store.replays.returns(plan.id)) {
    const made = await store.plans.byId(id)
    if (made?.replay?.step.startsWith('failed') !== true) continue
    sets.push(...(await store.vault.setsOfPlan(id)).map(({ number }) => number))
  }
  return doneWords(title, replay, sets)
}
