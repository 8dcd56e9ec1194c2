import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { listing, plural, thousands } from '../../domain/text.ts'
import type { VaultSet } from '../../domain/vault.ts'

type Reads = Pick<Repositories, 'vault' | 'replays' | 'slices'>

/** Jobs of an incident's queues that are not done with, although they are in nobody's way, in words. */
export async function leftBehind(
  store: Reads,
  incident: Incident,
  refs: readonly QueueRef[],
): Promise<readonly string[]> {
  const vault = await inVault(store, incident, refs)
  const replays: string[] = []
  for (const ref of refs) replays.push(...(await replayOf(store, incident, ref)))
  return [...vault, ...replays]
}

const MOST_SETS = 100
const SETS_NAMED = 5

async function inVault(
  { vault }: Reads,
  incident: Incident,
  refs: readonly QueueRef[],
): Promise<readonly string[]> {
  const sets: VaultSet[] = []
  for (const ref of refs)
    sets.push(...(await vault.sets({ ref, isHolding: true, limit: MOST_SETS })))
  const its = sets
    .filter(({ incidentId, madeAt }) => incidentId === incident.id || madeAt >= incident.openedAt)
    .toSorted((a, b) => a.number - b.number)
  const held = its.reduce((sum, { counts }) => sum + counts.held, 0)
  if (held === 0) return []
  const names = its.slice(0, SETS_NAMED).map(({ number }) => `\`v${number}\``)
  const rest = its.length - names.length
  const where = listing([...names, ...(rest === 0 ? [] : [plural(rest, 'more set')])])
  return [`${plural(held, 'job')} of it ${held === 1 ? 'is' : 'are'} in the vault: ${where}.`]
}

/** The queue's latest replay, unless it is over with nothing left: a later one went on with what an earlier one left. */
async function replayOf(
  { replays, slices }: Reads,
  { openedAt }: Incident,
  ref: QueueRef,
): Promise<readonly string[]> {
  const replay = (await replays.active(ref)) ?? (await replays.recent(ref, openedAt))
  if (replay === null || replay.state === 'done') return []
  if (replay.state !== 'halted') return [`The replay of plan ${replay.planNumber} is not over.`]
  const { returned } = await slices.accounts(replay.planId, null)
  return returned === 0
    ? []
    : [
        `The replay of plan ${replay.planNumber} was halted: ${thousands(returned)} of its jobs never ran.`,
      ]
}
