import { formatDuration } from '../../domain/duration.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue } from '../../domain/queue.ts'
import { checklistWords } from '../../domain/recovery-words.ts'
import type { Recovery } from '../../domain/recovery.ts'
import { plural, thousands } from '../../domain/text.ts'
import type { Deps } from '../deps.ts'
import { closeIncident, stillWrong } from '../incidents/resolve.ts'
import { recoveryFacts } from './facts.ts'
import { allRefsOf } from './refs-of.ts'

type ResolveDeps = Pick<Deps, 'settings' | 'clock' | 'systems'>

/**
 * Resolves an incident whose checklist holds, where that is wanted, its alerts are resolved, all of its queues were
 * looked at for the configured time, and nothing of ours holds them or keeps their jobs. Null if it did; else what
 * is left for a person to judge, in words.
 */
export async function resolveByItself(
  deps: ResolveDeps,
  store: Repositories,
  incident: Incident,
  recovery: Recovery,
): Promise<string | null> {
  const firing = await store.alerts.firing(incident.id)
  if (firing > 0)
    return `The incident stays open: ${plural(firing, 'alert')} still ${firing === 1 ? 'fires' : 'fire'}.`
  if (!deps.settings.recovery.resolves) return 'Resolve the incident when you agree.'
  const reasons = [
    ...tooShort(deps, recovery),
    ...(await notLookedAt(deps, store, incident, recovery)),
    ...(await stillWrong(deps, store, incident)),
  ]
  if (reasons.length > 0) return `It is not resolved by itself: ${reasons.join(' ')}`
  await closeIncident(deps, store, incident, {
    by: null,
    words: `Resolved by itself. ${checklistWords(recovery)}.`,
    isFine: true,
    facts: recoveryFacts(recovery),
  })
  return null
}

/** Whether a shorter time proves enough is for a person to say, not for whoever asked for it. */
function tooShort({ settings }: Pick<Deps, 'settings'>, { forMs }: Recovery): readonly string[] {
  const usual = settings.recovery.forMs
  return forMs < usual
    ? [`It was checked for ${formatDuration(forMs)}, the usual time is ${formatDuration(usual)}.`]
    : []
}

async function notLookedAt(
  deps: Pick<Deps, 'settings' | 'systems'>,
  store: Repositories,
  incident: Incident,
  { refs }: Recovery,
): Promise<readonly string[]> {
  const all = await allRefsOf(deps, store, incident)
  const looked = all.filter((ref) => refs.some((one) => isSameQueue(one, ref))).length
  return looked === all.length
    ? []
    : [`Only ${thousands(looked)} of ${plural(all.length, 'queue')} were looked at.`]
}
