import type { ActionKind, Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { mayAct, mayRead } from '../../domain/policy.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
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
  throw new OperatorError('not_allowed', decision.reason, whomToAsk(deps, action))
}

function whomToAsk(deps: Pick<Deps, 'settings'>, action: ActionKind | 'freeze'): string {
  const able = deps.settings.roles.filter((role) => role.actions.includes(action))
  const people = [...new Set(able.flatMap((role) => role.users))].slice(0, 3)
  const groups = [...new Set(able.flatMap((role) => role.groups))].slice(0, 2)
  const names = [...groups.map((id) => `<!subteam^${id}>`), ...people.map((id) => `<@${id}>`)]
  return names.length === 0
    ? 'Nothing was changed. Nobody has such a role yet: see `roles` in `spillway.yml`.'
    : `Nothing was changed. Ask ${names.join(' or ')}.`
}
