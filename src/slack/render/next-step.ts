import { backlog, type QueueOverview } from '../../domain/queue.ts'
import type { HeadlineView } from '../../domain/views.ts'

/**
 * What to do now, by what was measured; one sentence, for somebody who just woke up. It names no cause:
 * only what follows from the numbers themselves.
 */
export function nextStep(view: HeadlineView): string {
  const { incident, queue } = view
  if (incident.ackedAt === null && incident.lead === null)
    return 'Press *Acknowledge*, so that the others know that you have it.'
  if (view.freeze !== null)
    return 'Find the cause meanwhile: before the freeze ends no action is carried out.'
  if (view.pending.length > 0)
    return 'Judge what waits for approval, on its card in this room: *Approve* or *Reject*.'
  if (incident.kind === 'storm')
    return 'Start with the first line. So many at once often share a cause: Redis, the network, a deployment.'
  if (queue === null) return 'Find out what the alert is about.'
  if (!queue.isLive)
    return 'Look at the system behind the queue first: without it nothing here can act.'
  if (!queue.value.isKnown)
    return 'Find out which queue the alert means: the one that its labels name does not exist.'
  return byNumbers(view, queue.value)
}

function byNumbers(view: HeadlineView, overview: QueueOverview): string {
  const failedLimit = view.rule?.thresholds.failed ?? null
  if (overview.stranded > 0) return 'Press *Resume* to put the stranded jobs back in line.'
  if (overview.isPaused && view.holds.length === 0)
    return 'Find out who paused it. *Resume* lets it run again.'
  if (overview.isPaused) return 'Remove the cause, then *Resume*.'
  if (overview.workers === 0 && backlog(overview.counts) > 0)
    return 'Start its workers: none is connected. A pause would not help.'
  if (view.incident.state === 'mitigated') return 'Watch that it stays quiet, then *Resolve*.'
  if (failedLimit !== null && overview.counts.failed > failedLimit)
    return 'Look at *Failed jobs*. If each attempt makes it worse, *Pause*.'
  return 'Look at *Status* for what waits. If jobs do harm, *Pause*.'
}
