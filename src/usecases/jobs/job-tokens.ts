import type { ActionKind, JobOptions } from '../../domain/action.ts'
import { MAX_RUNS } from '../../domain/effect.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import type { Tokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { ignoreDatabase } from '../queues/list-queues.ts'
import { tokenFor } from '../queues/queue-tokens.ts'

type TokenDeps = Pick<Deps, 'store' | 'clock' | 'ids' | 'systems'>

/** What is done to the jobs of one queue, or of one vault set. */
export interface AboutJobs {
  readonly ref: QueueRef
  /** As a preview names it; the queue unless told. */
  readonly scope?: string
  readonly incidentId: number | null
  /** In the filter's words. */
  readonly filter: string
  readonly options: JobOptions
}

/** The token of a button that previews an action on jobs. */
export const jobToken = (
  deps: TokenDeps,
  action: ActionKind,
  { ref, scope = queueKey(ref), incidentId, filter, options }: AboutJobs,
): Promise<string> =>
  tokenFor(deps, {
    kind: 'plan',
    action,
    scope,
    refs: [ref],
    incidentId,
    holdMs: null,
    jobs: { filter, options },
  })

/**
 * Quarantine and retry for so many failed jobs, or, where one person alone may not retry that many, a replay in
 * waves; none where single jobs cannot be acted on, or our database is away.
 */
export async function failedJobTokens(
  deps: TokenDeps,
  about: Omit<AboutJobs, 'options'>,
  count: number,
): Promise<Tokens> {
  if (deps.systems.get(about.ref.system).jobs === null) return {}
  const again = count > MAX_RUNS ? 'replay' : 'retry'
  try {
    const [quarantine, token] = await Promise.all([
      jobToken(deps, 'quarantine', { ...about, options: {} }),
      jobToken(deps, again, { ...about, options: {} }),
    ])
    return { quarantine, [again]: token }
  } catch (error) {
    ignoreDatabase(error)
    return {}
  }
}
