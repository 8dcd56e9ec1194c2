import { doneIds } from './done-ids.ts'
import { inPlace } from './in-place.ts'
import { jobAction } from './job-action.ts'
import { operatorOf } from './operator-of.ts'

/**
 * Active jobs whose worker died go back in line. One that only seems dead may still be at its job: then that
 * is done twice, though it ends once. The system looks twice, and leaves what anybody had in between.
 */
export const unstickAction = jobAction({
  kind: 'unstick',
  carryOutSlice: inPlace(({ slice, operator, guard }, ids) =>
    operator.unstick(slice.ref.queue, guard, ids),
  ),
  async check(deps, { plan, queue: { ref } }, { done }) {
    const stuck = await operatorOf(deps, ref).stuck(ref.queue)
    const still = new Set(stuck.map(({ id }) => id))
    const left = (await doneIds(deps.store.now, plan.id, ref)).filter((id) => still.has(id))
    return { words: '; their next worker takes them anew', found: done - left.length }
  },
})
