import type { Config } from '../../config/types.ts'
import { OperatorError } from '../../domain/errors.ts'
import { ChatRefusal, type Chat } from '../../domain/ports/chat.ts'
import type { Clock, Log } from '../../domain/ports/runtime.ts'
import { createClients } from '../../slack/clients.ts'
import { createIdentity } from '../../slack/identity.ts'
import { createPeople } from '../../slack/people.ts'

type People = Pick<Chat, 'member' | 'groupMembers'>

interface OpenPeople {
  readonly chat: People
  /** The workspace of the bot; empty when Slack does not say. */
  readonly teamId: string
  /** Why Slack could not be asked; null when it answers. */
  readonly problem: string | null
}

/** Slack's people, or, where Slack cannot be asked, only those whom the configuration names by id. */
export async function openPeople(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { slack, settings }: Config,
): Promise<OpenPeople> {
  const clients = createClients({ config: slack, log })
  const identity = createIdentity(clients.interactive)
  const roleGroups = [...new Set(settings.roles.flatMap(({ groups }) => groups))]
  try {
    const { teamId } = await identity()
    const chat = createPeople({ clients, identity, roleGroups, clock, log })
    return { chat, teamId, problem: null }
  } catch (error) {
    if (!(error instanceof OperatorError) && !(error instanceof ChatRefusal)) throw error
    return { chat: peopleById(error), teamId: '', problem: error.message }
  }
}

/** Takes whoever is named for a member of the workspace: the operator at the terminal says so. */
const peopleById = (away: Error): People => ({
  member: (actor) =>
    Promise.resolve({
      actor,
      isVerified: false,
      isBot: false,
      isGuest: false,
      isForeign: false,
      groups: new Set(),
      unknownGroups: new Set(),
      problem: 'Slack does not answer',
    }),
  groupMembers: () => Promise.reject(away),
})
