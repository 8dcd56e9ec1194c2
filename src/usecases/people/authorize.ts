import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import {
  mayAct,
  mayRead,
  rolesFor,
  type Decision,
  type Member,
  type Question,
  type Right,
  type RoleAction,
} from '../../domain/policy.ts'
import { queueKey } from '../../domain/queue.ts'
import { listing, plural } from '../../domain/text.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { membersWith, questionsOf, type TieredQueue, type Wanted } from './members-with.ts'

/**
 * Passes for people of this workspace. Throws `not_allowed`, also when Slack cannot tell who it is; that is
 * written to the audit trail before it is said.
 */
export async function requireMember(
  deps: Pick<Deps, 'chat' | 'settings' | 'store' | 'clock'>,
  actor: Actor,
): Promise<void> {
  const decision = mayRead(await deps.chat.member(actor, { groups: [] }), deps.settings.roles)
  if (decision.allow) return
  const about = { actor, action: 'use', subject: 'Spillway', reason: decision.reason }
  await deps.store.now.audit.append(auditOf(deps.clock.now(), 'denied', about))
  throw new OperatorError('not_allowed', decision.reason, 'Nothing was changed.')
}

export interface RoleRequest {
  readonly actor: Actor
  readonly action: RoleAction
  /** By default `order`. */
  readonly right?: Right
  /** Each of them must be allowed; `all` is for a freeze. */
  readonly queues: readonly TieredQueue[] | 'all'
  readonly incidentId: number | null
  readonly planId?: string | null
  /** Asks Slack anew instead of trusting what it said in the last 60 s. */
  readonly fresh?: boolean
}

/**
 * Passes for whom roles allow it on every queue; resolves to the reason for the first. A refusal is written to
 * the audit trail before it is said: `not_allowed`, with the people who could do it.
 */
export async function requireRole(
  deps: Pick<Deps, 'chat' | 'settings' | 'store' | 'clock'>,
  request: RoleRequest,
): Promise<string> {
  const wanted: Wanted = { right: 'order', ...request }
  const { roles } = deps.settings
  const questions = questionsOf(wanted)
  const fitting = questions.flatMap((question) => rolesFor(question, roles))
  const member = await deps.chat.member(request.actor, {
    fresh: request.fresh === true,
    groups: [...new Set(fitting.flatMap(({ groups }) => groups))],
  })
  const judged = questions.map((question) => ({
    question,
    decision: mayAct(member, question, roles),
  }))
  const refused = judged.filter(isRefusal)
  const [first] = judged
  if (first?.decision.allow === true && refused.length === 0) return first.decision.reason
  const reason = reasonOf(refused)
  await noteDenial(deps, request, wanted, { reason, refused, isVerified: member.isVerified })
  const able = await membersWith(deps, { ...wanted, isAsking: member.isVerified })
  const others = able.filter((id) => id !== request.actor.userId)
  throw new OperatorError('not_allowed', reason, whomToAsk(others, member))
}

interface Refusal {
  readonly question: Question
  readonly decision: Extract<Decision, { allow: false }>
}

const isRefusal = (judged: {
  readonly question: Question
  readonly decision: Decision
}): judged is Refusal => !judged.decision.allow

const NAMED_QUEUES = 3

/** The first refusal in full; the others may have the same reason or another, so they are only named. */
function reasonOf([first, ...others]: readonly Refusal[]): string {
  if (first === undefined) return 'No queue is named, so nothing is allowed.'
  if (others.length === 0) return first.decision.reason
  const named = others.slice(0, NAMED_QUEUES).map(({ question }) => `\`${keyOf(question)}\``)
  const rest = others.length - named.length
  const all = rest === 0 ? named : [...named, `${rest} more`]
  return `${first.decision.reason} Refused as well: ${listing(all)}.`
}

const keyOf = ({ ref }: Question): string => (ref === null ? 'all queues' : queueKey(ref))

const MOST_NOTED = 20

function noteDenial(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { actor, action, incidentId, planId = null }: RoleRequest,
  { right, queues }: Wanted,
  denial: {
    readonly reason: string
    readonly refused: readonly Refusal[]
    readonly isVerified: boolean
  },
): Promise<unknown> {
  const { reason, refused, isVerified } = denial
  const keys = refused.map(({ question }) => keyOf(question))
  return store.now.audit.append(
    auditOf(clock.now(), 'denied', {
      actor,
      action,
      subject: keys.length === 1 ? keys.join() : plural(keys.length, 'queue'),
      incidentId,
      planId,
      reason,
      facts: {
        right,
        queues: keys.slice(0, MOST_NOTED),
        asked: queues === 'all' ? null : queues.length,
        refused: keys.length,
        roles: [...new Set(refused.flatMap(({ decision }) => decision.roles))],
        isVerified,
      },
    }),
  )
}

/** Names people, not groups: a mention of a group is cut from what only one person reads. */
function whomToAsk(able: readonly string[], { isVerified }: Member): string {
  const names = able.slice(0, 3).map((id) => `<@${id}>`)
  if (names.length > 0) return `Nothing was changed. Ask ${listing(names, 'or')}.`
  return isVerified
    ? 'Nothing was changed. Nobody else is known to have such a role: see `roles` in `spillway.yml`.'
    : 'Nothing was changed. Try again in a minute.'
}
