import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey } from '../../domain/queue.ts'
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
  const held = [...(await stillWrong(deps, store, incident)), ...(await replaysOf(store, recovery))]
  if (held.length > 0) return `It is not resolved by itself: ${held.join(' ')}`
  await closeIncident(deps, store, incident, {
    by: null,
    words: `Resolved by itself. ${checklistWords(recovery)}.`,
    isFine: true,
    facts: recoveryFacts(recovery),
  })
  return null
}

/** A replay that goes on may still go wrong; its good end begins another checklist. */
async function replaysOf(store: Repositories, { refs }: Recovery): Promise<readonly string[]> {
  const replays = await Promise.all(refs.map((ref) => store.replays.active(ref)))
  return replays.flatMap((replay) =>
    replay === null
      ? []
      : [`The replay of \`${queueKey(replay.ref)}\` (plan ${replay.planNumber}) is under way.`],
  )
}
