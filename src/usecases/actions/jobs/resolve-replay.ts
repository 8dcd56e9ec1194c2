import type { PlannedJobs } from '../../../domain/action.ts'
import { formatDuration } from '../../../domain/duration.ts'
import { OperatorError } from '../../../domain/errors.ts'
import { sourceOf } from '../../../domain/job-actions.ts'
import { worstTier } from '../../../domain/plan.ts'
import { queueKey, type QueueRef, type QueueTier } from '../../../domain/queue.ts'
import { rampOf } from '../../../domain/replay-ramp.ts'
import type { Ramp } from '../../../domain/replay.ts'
import { ruleFor } from '../../../domain/settings.ts'
import { plural } from '../../../domain/text.ts'
import type { Deps } from '../../deps.ts'
import { operatorOf } from './operator-of.ts'
import { replayOf } from './replay-of.ts'
import { PoolBuilder, type ReplayPool } from './replay-pool.ts'
import {
  addReturned,
  addSets,
  type Former,
  formerReplay,
  formerWarnings,
  nothingLeft,
} from './replay-rest.ts'
import { filterFor, type JobsWish, type ResolvedJobs, unasked } from './resolve-jobs.ts'
import { selectInQueues } from './select-in-queue.ts'
import { selectInVault } from './select-in-vault.ts'

type ResolveDeps = Pick<Deps, 'store' | 'systems' | 'clock' | 'settings'>

interface About {
  readonly refs: readonly QueueRef[]
  readonly wish: JobsWish
  readonly onProgress?: ((share: number) => void) | undefined
}

/**
 * Every job of a replay, in slices by wave: the first wave stands for all, every later one is spread over their
 * age. A ramp that ends before the last job leaves the others where they are. Throws `bad_input`, `already_done`,
 * `busy` where another replay of the queue is not over or looking takes too long, and what systems throw.
 */
export async function resolveReplay(deps: ResolveDeps, about: About): Promise<ResolvedJobs> {
  const { refs, wish } = about
  const [ref, ...others] = refs
  if (ref === undefined || others.length > 0)
    throw new OperatorError('bad_input', 'A replay is of one queue.', 'Nothing was changed.')
  await requireNoOther(deps, wish.options.target ?? ref)
  const { continues } = wish.options
  const former = continues === undefined ? null : await formerReplay(deps, continues, refs)
  const pool = await poolOf(deps, new PoolBuilder(), about, former)
  if (former !== null && pool.jobs.length === 0) throw nothingLeft(former)
  const ramp = rampOf(wish.options.ramp ?? {}, deps.settings.replay, tierOf(deps, ref, wish))
  requirePatience(ramp)
  return replayOf(ref, wish, pool, ramp)
}

/** Jobs that are not waited for any more cannot be what a wave is still watched for. */
function requirePatience({ watchMs, patienceMs }: Ramp): void {
  if (patienceMs >= watchMs) return
  const watch = formatDuration(watchMs)
  throw new OperatorError(
    'bad_input',
    `Its patience of ${formatDuration(patienceMs)} is shorter than the ${watch} for which each wave is watched.`,
    `Nothing was changed. Say \`patience ${watch.replaceAll(' ', '')}\` or more, or a shorter \`watch\`.`,
  )
}

/** What a replay does to the queue where it runs, it does alone there. */
async function requireNoOther({ store }: Pick<Deps, 'store'>, ref: QueueRef): Promise<void> {
  const other = await store.now.replays.active(ref)
  if (other === null) return
  throw new OperatorError(
    'busy',
    `The replay of plan ${other.planNumber} in \`${queueKey(ref)}\` is not over.`,
    `Nothing was changed. \`stop ${other.planNumber}\` halts it; when it is over, say this again.`,
  )
}

/** The more cautious one of where jobs come from and where they run. */
const tierOf = ({ settings }: Pick<Deps, 'settings'>, ref: QueueRef, wish: JobsWish): QueueTier =>
  worstTier([ref, wish.options.target ?? ref].map((one) => ruleFor(settings, one)))

/** Where it was told to look, or what another replay left; if that was partial, also where that one looked. */
async function poolOf(
  deps: ResolveDeps,
  builder: PoolBuilder,
  about: About,
  former: Former | null,
): Promise<ReplayPool> {
  if (former === null) return selected(deps, builder, about)
  await addSets(deps, builder, former.unstarted)
  const warnings = formerWarnings(former)
  if (!former.isPartial) {
    await addReturned(deps, builder, former)
    return { ...builder.pool(), sample: [], warnings }
  }
  const { filter = '', options: { vault, continues } = {} } = former.plan.jobs ?? {}
  const before = continues === undefined ? null : await formerReplay(deps, continues, about.refs)
  const wish = { filter, options: vault === undefined ? {} : { vault } }
  const pool = await poolOf(deps, builder, { ...about, wish }, before)
  return { ...pool, warnings: [...warnings, ...pool.warnings] }
}

async function selected(
  deps: ResolveDeps,
  builder: PoolBuilder,
  { refs, wish, onProgress = () => {} }: About,
): Promise<ReplayPool> {
  const { options } = wish
  const filter = filterFor('replay', wish.filter, options)
  if (sourceOf('replay', options) === 'vault') {
    const besides = unasked('replay', wish, filter)
    const { sample, warnings = [] } = await selectInVault(
      deps,
      { action: 'replay', refs, filter, options, besides },
      (job) => builder.addRow(job),
    )
    return { ...builder.pool(), sample, warnings }
  }
  const found = await selectInQueues(deps, refs, filter, onProgress)
  for (const { ref, groups } of found)
    for (const group of groups) await builder.addQueued(operatorOf(deps, ref), ref.queue, group)
  return {
    ...builder.pool(),
    sample: found.flatMap(({ sample }) => sample),
    warnings: found.flatMap(({ foreseen }) => flowWarnings(foreseen)),
  }
}

/** Retried in its queue such a job runs like any other; only the vault cannot have it afterwards. */
function flowWarnings({ child = 0, parent = 0 }: PlannedJobs['foreseen']): readonly string[] {
  const parts = child + parent
  return parts === 0
    ? []
    : [`${plural(parts, 'job')} of a flow: what of these fails again stays in the queue.`]
}
