import type { QueueRef } from '../../domain/queue.ts'
import { incidentAbout } from '../../usecases/incidents/find-incident.ts'
import { findQueue } from '../../usecases/queues/known-queues.ts'
import { incidentOfRoom, type Conversation, type ListenerContext } from './context.ts'

/** The queue that a command is about. */
export interface Target {
  readonly ref: QueueRef
  /** The unresolved incident that is about this queue. */
  readonly incidentId: number | null
}

/** The queue that was named, or the room's. Throws `unknown_queue`, `ambiguous_queue`, `no_queue_given`. */
export async function target(
  context: ListenerContext,
  talk: Pick<Conversation, 'channelId'>,
  word: string | null,
): Promise<Target> {
  const ofRoom = await incidentOfRoom(context, talk.channelId)
  const ref = await findQueue(context.deps, word, ofRoom?.ref ?? null)
  return { ref, incidentId: await incidentAbout(context.deps, ref, ofRoom) }
}
