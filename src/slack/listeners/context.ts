import type { WebClient } from '@slack/web-api'

import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Locale } from '../../domain/views.ts'
import type { Deps } from '../../usecases/deps.ts'
import type { Rendered } from '../render/elements.ts'

/** What listeners share. */
export interface ListenerContext {
  readonly deps: Deps
  readonly locale: Locale
  /** The client of what a person waits for. */
  readonly client: WebClient
}

/** One person saying something somewhere, and how to answer only them. */
export interface Conversation {
  readonly actor: Actor
  readonly channelId: string
  /** For a modal; null where there is none, as in a thread. Lives three seconds. */
  readonly triggerId: string | null
  readonly say: (rendered: Rendered) => Promise<void>
}

/** The incident whose room this is. Unknown while the database is away: reading goes on without it. */
export async function incidentOfRoom(
  { deps }: ListenerContext,
  channelId: string,
): Promise<Incident | null> {
  try {
    return await deps.store.now.incidents.byChannel(channelId)
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'database_unreachable') return null
    throw error
  }
}
