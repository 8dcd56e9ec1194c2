import type { ActionKind, Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { mayAct, mayRead } from '../../domain/policy.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import { listing } from '../../domain/text.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'

/** Passes for people of this workspace. Throws `not_allowed`; fails closed when Slack cannot tell. */
export async function requireMember(deps: Pick<Deps, 'chat'>, actor: Actor): Promise<void> {
  const decision = mayRead(await deps.chat.member(actor))
  if (!decision.allow)
    throw new OperatorError('not_allowed', decision.reason, 'Nothing was changed.')
}

/** Passes for whom a role allows it. A refusal is written to the audit trail before it is said. */
export async function requireRole(
  deps: Pick<Deps, 'chat' | 'settings' | 'store' | 'clock'>,
  request: {
    readonly actor: Actor
    readonly action: ActionKind | 'freeze'
    readonly ref: QueueRef | null
    readonly incidentId: number | null
  },
): Promise<void> {
  const { actor, action, ref, incidentId } = request
  const member = await deps.chat.member(actor)
  const decision = mayAct(member, action, ref, deps.settings.roles)
  if (decision.allow) return
  await deps.store.now.audit.append(
    auditOf(deps.clock.now(), 'denied', {
      actor,
      action,
      subject: ref === null ? 'all queues' : queueKey(ref),
      incidentId,
      reason: decision.reason,
    }),
  )
  throw new OperatorError('not_allowed', decision.reason, await whomToAsk(deps, action))
}

/** Names people, not groups: a mention of a group is cut from what only one person reads. */
async function whomToAsk(
  deps: Pick<Deps, 'settings' | 'chat'>,
  action: ActionKind | 'freeze',
): Promise<string> {
  const able = deps.settings.roles.filter((role) => role.actions.includes(action))
  const groups = [...new Set(able.flatMap((role) => role.groups))]
  const members = await Promise.all(groups.map((id) => deps.chat.groupMembers(id).catch(() => [])))
  const people = [...new Set([...able.flatMap((role) => role.users), ...members.flat()])]
  if (people.length === 0)
    return 'Nothing was changed. Nobody has such a role: see `roles` in `spillway.yml`.'
  const names = people.slice(0, 3).map((id) => `<@${id}>`)
  return `Nothing was changed. Ask ${listing(names, 'or')}.`
}
