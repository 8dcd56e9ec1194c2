import type { Actor, Plan } from '../../../domain/action.ts'
import { concernedQueues } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import { ignorable } from '../../../domain/replay-verdict.ts'
import { waveWords } from '../../../domain/replay-words.ts'
import type { Replay } from '../../../domain/replay.ts'
import { clockTime } from '../../../domain/time.ts'
import type { Deps } from '../../deps.ts'
import { requireRole } from '../../people/authorize.ts'
import { goOn, hold, promote } from './verdicts.ts'

/** A person's word on a replay, by its plan. */
export interface ReplayOrder {
  readonly planId: string
  readonly actor: Actor
  /** The wave that the person saw, from 0: a word about an earlier one says nothing of this one. */
  readonly wave?: number
}

/**
 * Holds a replay: nothing more is put in line until somebody lets it go on. Throws `stale_button`, `already_done`,
 * `not_allowed`.
 */
export const holdReplay = (deps: Deps, order: ReplayOrder): Promise<Plan> =>
  obey(deps, order, async (store, plan, replay, now) => {
    if (replay.isHeldByPerson && replay.by !== null) throw heldAlready(deps, replay)
    const words = `<@${order.actor.userId}> holds it`
    await hold(store, plan, replay, { by: order.actor, words, now })
  })

/**
 * Lets a held replay go on. Where it held itself, what it lacked then holds it no more in this wave: the person has
 * seen it. What would halt it still does. Throws as `holdReplay` does.
 */
export const goOnReplay = (deps: Deps, order: ReplayOrder): Promise<Plan> =>
  obey(deps, order, async (store, plan, replay, now) => {
    if (replay.state !== 'held') throw notHeld(plan)
    const lacking = replay.isHeldByPerson ? [] : ignorable(replay.gates)
    const ignored = [...new Set([...replay.ignored, ...lacking])]
    await store.replays.change(plan.id, { ignored }, now)
    await goOn(store, plan, replay, { by: order.actor, now })
  })

/**
 * Promotes the wave under way by a person's word, whatever is missing: the next one begins. Throws as `holdReplay`
 * does, and `already_done` while the wave is not in line as a whole, or if it is not the one that the person saw.
 */
export const promoteReplay = (deps: Deps, order: ReplayOrder): Promise<Plan> =>
  obey(deps, order, async (store, plan, replay, now) => {
    if (order.wave !== undefined && order.wave !== replay.wave) throw judged(plan, order.wave)
    const wave = replay.waves[replay.wave]
    if (wave === undefined || wave.fedAt === null) throw notInLine(plan, replay)
    if (replay.state !== 'held') throw underWay(plan, replay)
    const words = waveWords(wave, replay.waves.length)
    if (!(await promote(store, plan, replay, { by: order.actor, words, now })))
      throw judged(plan, replay.wave)
  })

/** Under the replay's lock; then the engine looks at once. */
async function obey(
  deps: Deps,
  { planId, actor }: ReplayOrder,
  run: (store: Repositories, plan: Plan, replay: Replay, now: Date) => Promise<void>,
): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null)
    throw new OperatorError('stale_button', 'This is not known any more.', 'Nothing was changed.')
  const { action, incidentId } = plan
  await requireRole(deps, { actor, action, queues: concernedQueues(plan), incidentId, planId })
  await deps.store.transaction(async (store) => {
    const replay = await store.replays.locked(planId)
    if (replay === null) throw notBegun(plan)
    if (replay.endedAt !== null || replay.state === 'halting') throw over(deps, plan, replay)
    await run(store, plan, replay, deps.clock.now())
    await store.work.enqueue('execute_plan', { planId }, { key: planId })
  })
  return plan
}

const notBegun = ({ number }: Plan): OperatorError =>
  new OperatorError(
    'stale_button',
    `Replay ${number} has not begun yet.`,
    'Nothing was changed. It can be stopped, or withdrawn while it waits for approval.',
  )

function over(
  deps: Pick<Deps, 'settings' | 'clock'>,
  { number }: Plan,
  replay: Replay,
): OperatorError {
  const { timeZone } = deps.settings
  const when =
    replay.endedAt === null ? '' : ` at ${clockTime(replay.endedAt, timeZone, deps.clock.now())}`
  const what =
    replay.state === 'done'
      ? 'was done'
      : replay.state === 'halted'
        ? 'was halted'
        : 'is being halted'
  return new OperatorError(
    'already_done',
    `Too late: replay ${number} ${what}${when}.`,
    'Nothing was changed by this click.',
  )
}

const notHeld = ({ number }: Plan): OperatorError =>
  new OperatorError(
    'already_done',
    `Replay ${number} is not held: it goes on already.`,
    'Nothing was changed by this click.',
  )

const heldAlready = (
  { settings, clock }: Pick<Deps, 'settings' | 'clock'>,
  { by, planNumber, seenAt }: Replay,
): OperatorError =>
  new OperatorError(
    'already_done',
    `Replay ${planNumber} is held already by <@${by?.userId ?? '?'}> (${clockTime(seenAt, settings.timeZone, clock.now())}).`,
    'Nothing was changed by this click.',
  )

const judged = ({ number }: Plan, wave: number): OperatorError =>
  new OperatorError(
    'already_done',
    `Wave ${wave + 1} of replay ${number} is judged already.`,
    'Nothing was changed by this click.',
  )

const underWay = ({ number }: Plan, { wave }: Replay): OperatorError =>
  new OperatorError(
    'already_done',
    `Wave ${wave + 1} of replay ${number} is still watched: nothing is to be decided about it yet.`,
    'Nothing was changed by this click. Hold it first to promote it before its time.',
  )

const notInLine = ({ number }: Plan, { wave }: Replay): OperatorError =>
  new OperatorError(
    'already_done',
    `Wave ${wave + 1} of replay ${number} is not in line as a whole yet.`,
    'Nothing was changed by this click. Let it go on first; promoting is about a whole wave.',
  )
