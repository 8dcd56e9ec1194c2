import type { Actor } from '../../domain/action.ts'
import { mayAct } from '../../domain/policy.ts'
import type { Deps } from '../deps.ts'
import { questionsOf, type Wanted } from './members-with.ts'

/** Whether somebody has a right on all the queues; false also when Slack cannot tell. Refuses nobody: for what is offered. */
export async function hasRight(
  { chat, settings }: Pick<Deps, 'chat' | 'settings'>,
  actor: Actor,
  wanted: Wanted,
): Promise<boolean> {
  const member = await chat.member(actor)
  return questionsOf(wanted).every((question) => mayAct(member, question, settings.roles).allow)
}
