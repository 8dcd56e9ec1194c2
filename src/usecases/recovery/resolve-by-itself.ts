import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { checklistWords } from '../../domain/recovery-words.ts'
import type { Recovery } from '../../domain/recovery.ts'
import { plural } from '../../domain/text.ts'
import type { Deps } from '../deps.ts'
import { closeIncident, stillWrong } from '../incidents/resolve.ts'
import { recoveryFacts } from './facts.ts'

/**
 * Resolves an incident whose checklist holds, where that is wanted, its alerts are resolved and nothing of ours
 * holds its queues. Null if it did; else what is left for a person to judge, in words.
 */
export async function resolveByItself(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  incident: Incident,
  recovery: Recovery,
): Promise<string | null> {
  const firing = await store.alerts.firing(incident.id)
  if (firing > 0)
    return `The incident stays open: ${plural(firing, 'alert')} still ${firing === 1 ? 'fires' : 'fire'}.`
  if (!deps.settings.recovery.resolves) return 'Resolve the incident when you agree.'
  const held = await stillWrong(deps, store, incident)
  if (held.length > 0) return `It is not resolved by itself: ${held.join(' ')}`
  await closeIncident(deps, store, incident, {
    by: null,
    words: `Resolved by itself. ${checklistWords(recovery)}.`,
    isFine: true,
    facts: recoveryFacts(recovery),
  })
  return null
}
