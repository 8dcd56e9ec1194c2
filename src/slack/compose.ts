import type { Plan } from '../domain/action.ts'
import type { Incident } from '../domain/incident.ts'
import type { MessageContent } from '../domain/message.ts'
import type { ReplayDetailsView } from '../domain/views-replay.ts'
import type { Locale } from '../domain/views.ts'
import { planCardView } from '../usecases/actions/plan-card.ts'
import { replayDetailsView } from '../usecases/actions/replay-view.ts'
import type { Deps } from '../usecases/deps.ts'
import { announcementView, headlineView } from '../usecases/incidents/headline.ts'
import { recoveryView } from '../usecases/recovery/recovery-view.ts'
import { renderAnchor } from './render/anchor.ts'
import type { Rendered } from './render/elements.ts'
import { renderHeadline } from './render/headline.ts'
import { planCard } from './render/plan-card.ts'
import { renderRecovery } from './render/recovery.ts'
import { renderReplayDetails } from './render/replay-details.ts'
import {
  renderAnnouncement,
  renderOpsNotice,
  renderRoomLine,
  renderUnmappedAlert,
} from './render/room.ts'

/** Renders a wanted message from the truth of this moment. */
export function createCompose(deps: Deps, locale: Locale) {
  return async (content: MessageContent): Promise<Rendered> => {
    switch (content.kind) {
      case 'headline': {
        const incident = await incidentOf(deps, content.incidentId)
        return renderHeadline(await headlineView(deps, incident), locale)
      }
      case 'announcement': {
        const incident = await incidentOf(deps, content.incidentId)
        return renderAnnouncement(await announcementView(deps, incident), locale)
      }
      case 'plan': {
        const plan = await planOf(deps, content.planId)
        return planCard(await planCardView(deps, plan), locale)
      }
      case 'replay_details':
        return renderReplayDetails(await detailsOf(deps, content.planId), locale)
      case 'recovery': {
        const recovery = await deps.store.now.recoveries.byId(content.recoveryId)
        if (recovery === null)
          throw new Error(`a message is about recovery ${content.recoveryId}, which is gone`)
        return renderRecovery(await recoveryView(deps, recovery), locale)
      }
      case 'line':
        return renderRoomLine(content.line)
      case 'unmapped_alert':
        return renderUnmappedAlert(content)
      case 'ops_notice':
        return renderOpsNotice(content.words)
      case 'anchor':
        return renderAnchor(content.anchor)
    }
  }
}

async function incidentOf(deps: Deps, id: number): Promise<Incident> {
  const incident = await deps.store.now.incidents.byId(id)
  if (incident === null) throw new Error(`a message is about incident ${id}, which does not exist`)
  return incident
}

async function planOf(deps: Deps, id: string): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(id)
  if (plan === null) throw new Error(`a message is about plan ${id}, which is gone`)
  return plan
}

async function detailsOf(deps: Deps, planId: string): Promise<ReplayDetailsView> {
  const plan = await planOf(deps, planId)
  const view = await replayDetailsView(deps.store.now, plan, deps.clock.now())
  if (view === null)
    throw new Error(`a message is about the replay of plan ${planId}, which has none`)
  return view
}
