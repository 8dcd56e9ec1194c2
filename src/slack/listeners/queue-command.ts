import type { QueueCommand } from '../../domain/command.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { freezeActions, liftFreeze } from '../../usecases/actions/freeze.ts'
import { incidentAbout } from '../../usecases/incidents/find-incident.ts'
import { requireMember } from '../../usecases/people/authorize.ts'
import {
  discoverWhereNothingIsKnown,
  findQueue,
  matchQueues,
} from '../../usecases/queues/known-queues.ts'
import { listHeld } from '../../usecases/queues/list-held.ts'
import { listQueues } from '../../usecases/queues/list-queues.ts'
import { exactTypes, failedJobs, queueStatus } from '../../usecases/queues/queue-status.ts'
import { renderFailed } from '../render/failures.ts'
import { renderHeld } from '../render/held.ts'
import { renderQueueHelp } from '../render/help.ts'
import { renderQueueList } from '../render/queue-list.ts'
import { renderStatus, renderTypes } from '../render/queue-status.ts'
import { renderFreezeNotice } from '../render/room.ts'
import { incidentOfRoom, type Conversation, type ListenerContext } from './context.ts'
import { openPlan, proposePlan } from './plan-modal.ts'

type Act = Extract<QueueCommand, { kind: 'pause' | 'resume' }>
type Read = Exclude<QueueCommand, Act>

/** Answers a parsed `/queue` command. Throws `OperatorError` for what the person must be told. */
export async function answerQueueCommand(
  context: ListenerContext,
  talk: Conversation,
  command: QueueCommand,
): Promise<void> {
  // Before anything else: the right to open a modal is gone after three seconds.
  if (command.kind === 'pause' || command.kind === 'resume') return act(context, talk, command)
  await requireMember(context.deps, talk.actor)
  return read(context, talk, command)
}

async function act(context: ListenerContext, talk: Conversation, command: Act): Promise<void> {
  const wish = {
    actor: talk.actor,
    action: command.kind,
    target: async () => ({
      ...(await target(context, talk, command.queue)),
      holdMs: command.kind === 'pause' ? command.holdMs : null,
    }),
  }
  await (talk.triggerId === null
    ? proposePlan(context, talk, wish)
    : openPlan(context, talk.triggerId, wish))
}

async function read(context: ListenerContext, talk: Conversation, command: Read): Promise<void> {
  const { deps, locale } = context
  switch (command.kind) {
    case 'help':
      return talk.say(renderQueueHelp(locale))
    case 'list':
      return talk.say(renderQueueList(await listQueues(deps, command), locale))
    case 'status':
      return status(context, talk, command.queue)
    case 'failed': {
      const { ref } = await target(context, talk, command.queue)
      return talk.say(renderFailed(await failedJobs(deps, { ref }), locale))
    }
    case 'held':
      return talk.say(renderHeld(await listHeld(deps), locale))
    case 'freeze': {
      const freeze = await freezeActions(deps, { actor: talk.actor, reason: command.reason })
      return talk.say(renderFreezeNotice({ kind: 'frozen', freeze }, locale, deps.clock.now()))
    }
    case 'unfreeze':
      await liftFreeze(deps, { actor: talk.actor })
      return talk.say(
        renderFreezeNotice({ kind: 'unfrozen', by: talk.actor.userId }, locale, deps.clock.now()),
      )
  }
}

/** One queue in detail; a word that means several, or none in a room without queue, as a list. */
async function status(
  context: ListenerContext,
  talk: Conversation,
  word: string | null,
): Promise<void> {
  const { deps, locale } = context
  if (word !== null) await discoverWhereNothingIsKnown(deps.systems)
  const isMany = word !== null && matchQueues(deps, word).length > 1
  if (isMany) return talk.say(renderQueueList(await listQueues(deps, { filter: word }), locale))
  const found = await target(context, talk, word)
  const view = await queueStatus(deps, found)
  await talk.say(renderStatus(view, locale))
  if (!view.detail.waitingTypes.isExact) await sayExactTypes(context, talk, found.ref)
}

/** The answer with a sample is out; who waits long enough gets every job counted. */
async function sayExactTypes(
  { deps }: ListenerContext,
  talk: Conversation,
  ref: QueueRef,
): Promise<void> {
  const types = await exactTypes(deps, { ref, forMs: COUNT_MS })
  if (types !== null) await talk.say(renderTypes(ref, types))
}

/** A million jobs take some seconds; whatever takes longer keeps its sample. */
const COUNT_MS = 60_000

interface Target {
  readonly ref: QueueRef
  /** The unresolved incident that is about this queue. */
  readonly incidentId: number | null
}

async function target(
  context: ListenerContext,
  talk: Conversation,
  word: string | null,
): Promise<Target> {
  const ofRoom = await incidentOfRoom(context, talk.channelId)
  const ref = await findQueue(context.deps, word, ofRoom?.ref ?? null)
  return { ref, incidentId: await incidentAbout(context.deps, ref, ofRoom) }
}
