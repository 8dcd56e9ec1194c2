import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { RoomLine } from '../../domain/message.ts'
import type { Freeze, Repositories } from '../../domain/ports/store.ts'
import { quote } from '../../domain/quote.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { headlineKey } from '../incidents/touch.ts'
import { requireRole } from '../people/authorize.ts'
import { FREEZE_LOCK } from './execution.ts'

/** What waits beyond these is found by the sweep. */
const AT_ONCE = 200

type FreezeDeps = Pick<Deps, 'store' | 'chat' | 'settings' | 'clock' | 'ids' | 'log'>

/** Throws `frozen` while somebody has stopped all executions. */
export async function requireThawed(
  deps: Pick<Deps, 'store' | 'settings' | 'clock'>,
): Promise<void> {
  return requireThawedIn(deps.store.now, deps)
}

/** The same within a transaction. */
export async function requireThawedIn(
  store: Pick<Repositories, 'control'>,
  deps: Pick<Deps, 'settings' | 'clock'>,
): Promise<void> {
  const freeze = await store.control.frozen()
  if (freeze !== null) throw frozenError(freeze, deps)
}

export function frozenError(freeze: Freeze, deps: Pick<Deps, 'settings' | 'clock'>): OperatorError {
  const since = clockTime(freeze.at, deps.settings.timeZone, deps.clock.now())
  const why = freeze.reason === null ? '' : `: ${quote(freeze.reason)}`
  return new OperatorError(
    'frozen',
    `<@${freeze.by.userId}> froze all actions at ${since}${why}.`,
    `Nothing was changed; reading still works. \`${deps.settings.commands.queue} freeze off\` lifts it.`,
  )
}

interface Turning {
  readonly actor: Actor
  /** Names the command, so that Slack may deliver it any number of times; null where that cannot happen. */
  readonly onceId?: string | null
}

/**
 * A late copy must not undo what was decided since, also where the first one was refused: whoever calls this
 * commits the claim either way.
 */
async function requireFirst(store: Repositories, { onceId }: Turning, at: Date): Promise<void> {
  if (onceId === undefined || onceId === null) return
  if (await store.control.claim(`command:${onceId}`, at)) return
  throw new OperatorError(
    'already_done',
    'Slack delivered this command more than once.',
    'It was carried out the first time; nothing was changed by this copy.',
  )
}

/** The kill switch: from its commit on no execution begins, and timed ends wait. Says so in every room. */
export async function freezeActions(
  deps: FreezeDeps,
  request: Turning & { readonly reason: string | null },
): Promise<Freeze> {
  const { actor, reason } = request
  await requireRole(deps, { actor, action: 'freeze', queues: 'all', incidentId: null })
  const at = deps.clock.now()
  const wanted = { by: actor, at, reason }
  // Two transactions: the switch itself must not wait for, or fail with, what is said of it.
  const before = await deps.store.transaction(async (store) => {
    await requireFirst(store, request, at)
    await store.incidents.lockKey(FREEZE_LOCK)
    // Whose freeze is in the way may be lifted before we can see it.
    while (!(await store.control.freeze(wanted))) {
      const current = await store.control.frozen()
      if (current !== null) return current
    }
    await store.audit.append(
      auditOf(at, 'frozen', { actor, action: 'freeze', subject: 'all queues', reason }),
    )
    return null
  })
  if (before !== null) throw frozenError(before, deps)
  await tellFrozen(deps, wanted)
  return wanted
}

/** The switch is set already: that nobody could be told is no reason to answer that nothing happened. */
async function tellFrozen(deps: FreezeDeps, { by, at, reason }: Freeze): Promise<void> {
  const why = reason === null ? '' : `: ${quote(reason)}`
  const line: RoomLine = {
    icon: 'stop',
    words: `<@${by.userId}> froze all actions${why}. What runs stops after the queue it is at; nothing else is paused, resumed or ended until it is lifted.`,
    mention: [],
  }
  const key = `freeze:${deps.ids.uuid()}`
  try {
    await deps.store.transaction((store) => tellEveryone(store, key, by, at, line))
  } catch (error) {
    deps.log.error({ event: 'freeze.not_told', err: error }, 'a freeze could not be announced')
  }
}

/** Lifts the freeze; what was due meanwhile is done now. Throws `already_done` if there is none. */
export async function liftFreeze(deps: FreezeDeps, request: Turning): Promise<void> {
  const { actor } = request
  await requireRole(deps, { actor, action: 'freeze', queues: 'all', incidentId: null })
  const at = deps.clock.now()
  const isLifted = await deps.store.transaction(async (store) => {
    await requireFirst(store, request, at)
    if (!(await store.control.unfreeze())) return false
    await store.buttons.spendKind(
      'unfreeze',
      actor.userId,
      `already lifted by <@${actor.userId}>`,
      at,
    )
    await tellEveryone(store, `unfreeze:${deps.ids.uuid()}`, actor, at, {
      icon: 'go',
      words: `<@${actor.userId}> lifted the freeze: actions work again.`,
      mention: [],
    })
    for (const { id, isTimedEnd } of await store.plans.unfinished(at, AT_ONCE))
      await store.work.enqueue('execute_plan', { planId: id }, { key: id, isPatient: isTimedEnd })
    await store.audit.append(
      auditOf(at, 'unfrozen', { actor, action: 'unfreeze', subject: 'all queues' }),
    )
    return true
  })
  if (!isLifted)
    throw new OperatorError('already_done', 'Nothing is frozen.', 'Actions work as usual.')
}

async function tellEveryone(
  store: Repositories,
  key: string,
  actor: Actor,
  at: Date,
  line: RoomLine,
): Promise<void> {
  const content = { kind: 'line', line } as const
  await store.messages.put({ key: `${key}:ops`, target: { kind: 'ops' }, content, priority: 1 })
  for (const { id, channelId } of await store.incidents.unresolved()) {
    const entry = {
      incidentId: id,
      at,
      kind: 'note',
      actor: actor.userId,
      words: line.words,
    } as const
    await store.timeline.add(entry)
    if (channelId === null) continue
    const target = { kind: 'room', incidentId: id } as const
    await store.messages.put({ key: `${key}:${id}`, target, content, priority: 1 })
    await store.messages.touch(headlineKey(id))
  }
}
