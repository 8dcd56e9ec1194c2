import type { JobOptions } from '../../../domain/action.ts'
import { backlog, queueKey } from '../../../domain/queue.ts'
import { plural } from '../../../domain/text.ts'
import type { Deps } from '../../deps.ts'

/** What whoever judges a move has to know of the queue that the jobs go to. Throws what its system throws. */
export async function targetWarnings(
  { systems }: Pick<Deps, 'systems'>,
  { target, targetTier }: JobOptions,
): Promise<readonly string[]> {
  if (target === undefined) return []
  const name = `\`${queueKey(target)}\``
  const { overview } = await systems.get(target.system).pauseState(target.queue)
  if (!overview.isKnown)
    return [`No job was ever added to ${name}: perhaps no worker listens there.`]
  const waiting = backlog(overview.counts)
  const facts = [
    `is of tier ${targetTier ?? 'unknown'}`,
    ...(waiting === 0 ? [] : [`${plural(waiting, 'job')} wait there already`]),
    ...(overview.isPaused ? ['it is paused: they wait until it is resumed'] : []),
    ...(overview.workers === 0 ? ['no worker is connected there'] : []),
  ]
  return [`${name} ${facts.join('; ')}.`]
}
