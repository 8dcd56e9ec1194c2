import type { QueueCommand } from '../../domain/command.ts'
import { OperatorError } from '../../domain/errors.ts'
import { parseFilterText } from '../../domain/filter-grammar.ts'
import type { Watch } from '../../domain/ports/job-operator.ts'
import { queueKey } from '../../domain/queue.ts'
import { countJobs, listJobs } from '../../usecases/jobs/list-jobs.ts'
import { showFailed } from '../../usecases/jobs/show-failed.ts'
import { showJob } from '../../usecases/jobs/show-job.ts'
import { listVault } from '../../usecases/vault/list-vault.ts'
import { showVaultSet } from '../../usecases/vault/show-vault-set.ts'
import { renderClusters } from '../render/clusters.ts'
import { renderJob } from '../render/job.ts'
import { renderJobs, renderLooking, renderMatched } from '../render/jobs.ts'
import { renderVault, renderVaultSet } from '../render/vault.ts'
import type { Conversation, ListenerContext } from './context.ts'
import { target } from './target.ts'

type Command<K extends QueueCommand['kind']> = Extract<QueueCommand, { kind: K }>

/** Longer than this nobody waits for numbers. */
const PATIENCE_MS = 60_000
/** A look that takes longer says that it is under way. */
const SILENCE_MS = 3000

/** Failed jobs by what failed: the newest thousand at once, then all of them; of one cluster, the jobs themselves. */
export async function sayFailed(
  context: ListenerContext,
  talk: Conversation,
  command: Command<'failed'>,
): Promise<void> {
  const { deps, locale } = context
  const about = { ...(await target(context, talk, command.queue)), filter: command.filter }
  const first = await showFailed(deps, { ...about, isFirstLook: true }, patiently())
  await talk.say(renderClusters(first, locale))
  if (isOfOneCluster(command.filter))
    return sayJobs(context, talk, {
      kind: 'jobs',
      queue: queueKey(about.ref),
      filter: `state:failed ${command.filter}`,
      skip: 0,
    })
  if (!first.isFirstLook) return
  const whole = await unlessTooLong(context, () =>
    showFailed(deps, { ...about, isFirstLook: false }, patiently()),
  )
  if (whole !== null) await talk.say(renderClusters(whole, locale))
}

function isOfOneCluster(filter: string): boolean {
  const { errors } = parseFilterText(filter)
  return errors.length === 1 && errors[0]?.kind === 'cluster'
}

/** A page of jobs; where it leaves open how many there are, the number follows. */
export async function sayJobs(
  context: ListenerContext,
  talk: Conversation,
  command: Command<'jobs'>,
): Promise<void> {
  const { deps, locale } = context
  const { filter, skip } = command
  const request = { ...(await target(context, talk, command.queue)), filter, skip }
  const watch = patiently((share) => talk.say(renderLooking(request, share)))
  const page = await listJobs(deps, request, watch).catch(sayTooLong)
  await talk.say(renderJobs(page, locale))
  if (!page.isMore || page.skipped > 0) return
  const counted = await unlessTooLong(context, () => countJobs(deps, request, patiently()))
  if (counted !== null) await talk.say(renderMatched({ ...page, ...counted }))
}

export async function sayJob(
  context: ListenerContext,
  talk: Conversation,
  command: Command<'job'>,
): Promise<void> {
  const { ref } = await target(context, talk, command.queue)
  await talk.say(renderJob(await showJob(context.deps, { ref, id: command.id }), context.locale))
}

export async function sayVault(
  { deps, locale }: ListenerContext,
  talk: Conversation,
  { queue, set }: Command<'vault'>,
): Promise<void> {
  await talk.say(
    set === null
      ? renderVault(await listVault(deps, { word: queue }), locale)
      : renderVaultSet(await showVaultSet(deps, { number: set }), locale),
  )
}

/** Gives up after a minute; `onSlow` hears once, after three seconds, how far it is. */
function patiently(onSlow: (share: number) => Promise<void> = async () => undefined): Watch {
  const startedAt = performance.now()
  let isTold = false
  return {
    signal: AbortSignal.timeout(PATIENCE_MS),
    onProgress(share) {
      if (isTold || performance.now() - startedAt < SILENCE_MS) return
      isTold = true
      void onSlow(share)
    },
  }
}

const isTooLong = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'TimeoutError'

function sayTooLong(error: unknown): never {
  if (!isTooLong(error)) throw error
  throw new OperatorError(
    'busy',
    `Looking through so many jobs took longer than ${PATIENCE_MS / 1000} s and was given up.`,
    'Nothing was changed. Ask for one state, an exact `type:`, or an `id:`: those are found sooner.',
    error,
  )
}

/** What was answered before stands; that the rest takes too long, or the system is away now, is no news. */
async function unlessTooLong<T>(
  { deps }: ListenerContext,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (!isTooLong(error) && !(error instanceof OperatorError)) throw error
    deps.log.info({ event: 'jobs.not_counted', err: error }, 'the first look stands')
    return null
  }
}
