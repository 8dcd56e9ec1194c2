import type { IncidentCommand } from '../../domain/command.ts'
import { formatDuration } from '../../domain/duration.ts'
import { acknowledge } from '../../usecases/incidents/acknowledge.ts'
import { findIncident } from '../../usecases/incidents/find-incident.ts'
import { incidentStatus, listIncidents } from '../../usecases/incidents/headline.ts'
import { resolveIncident } from '../../usecases/incidents/resolve.ts'
import { requireMember } from '../../usecases/people/authorize.ts'
import { startRecovery } from '../../usecases/recovery/start.ts'
import { stopRecovery } from '../../usecases/recovery/stop.ts'
import { renderDone } from '../render/done.ts'
import { renderIncidentHelp } from '../render/help.ts'
import { renderIncidentList, renderIncidentStatus } from '../render/incidents.ts'
import type { Conversation, ListenerContext } from './context.ts'

/** Answers a parsed `/incident` command. Throws `OperatorError` for what the person must be told. */
export async function answerIncidentCommand(
  context: ListenerContext,
  talk: Conversation,
  command: IncidentCommand,
): Promise<void> {
  const { deps, locale } = context
  await requireMember(deps, talk.actor)
  switch (command.kind) {
    case 'help':
      return talk.say(renderIncidentHelp(locale))
    case 'list':
      return talk.say(renderIncidentList(await listIncidents(deps), locale))
    case 'status': {
      const incident = await findIncident(deps.store.now, command.incidentId, talk.channelId)
      return talk.say(renderIncidentStatus(await incidentStatus(deps, incident), locale))
    }
    case 'ack': {
      const { id } = await findIncident(deps.store.now, command.incidentId, talk.channelId)
      return takeLead(context, talk, id)
    }
    case 'resolve': {
      const { id } = await findIncident(deps.store.now, command.incidentId, talk.channelId)
      return closeIncident(context, talk, id)
    }
    case 'verify': {
      const { id } = await findIncident(deps.store.now, command.incidentId, talk.channelId)
      return checkRecovery(context, talk, { incidentId: id, forMs: command.forMs })
    }
  }
}

/** "I've got it", by command or button. */
export async function takeLead(
  { deps }: ListenerContext,
  talk: Conversation,
  incidentId: number,
): Promise<void> {
  const incident = await acknowledge(deps, { actor: talk.actor, incidentId })
  return talk.say(renderDone(`You lead incident ${incident.id}. Everybody in the room can see it.`))
}

async function checkRecovery(
  { deps }: ListenerContext,
  talk: Conversation,
  wish: { readonly incidentId: number; readonly forMs: number | null },
): Promise<void> {
  const { forMs } = await startRecovery(deps, { actor: talk.actor, ...wish })
  const usual = deps.settings.recovery.forMs
  return talk.say(
    renderDone(
      `Recovery of incident ${wish.incidentId} is checked for ${formatDuration(forMs)}; its room shows how it goes.`,
      ...(forMs < usual
        ? [
            `That is less than the usual ${formatDuration(usual)}: the incident is not resolved by itself after it, a person decides.`,
          ]
        : []),
    ),
  )
}

/** Ends a recovery check, by button. */
export async function endCheck(
  { deps }: ListenerContext,
  talk: Conversation,
  recoveryId: string,
): Promise<void> {
  await stopRecovery(deps, { actor: talk.actor, recoveryId })
  return talk.say(renderDone('You stopped the recovery check. Nothing is resolved by itself now.'))
}

/** Resolves, by command or button, and says what is still wrong or held. */
export async function closeIncident(
  { deps }: ListenerContext,
  talk: Conversation,
  incidentId: number,
): Promise<void> {
  const { incident, warnings } = await resolveIncident(deps, { actor: talk.actor, incidentId })
  return talk.say(renderDone(`Incident ${incident.id} is resolved.`, ...warnings))
}
