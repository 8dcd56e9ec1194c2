import { OperatorError } from '../../domain/errors.ts'
import { isGlob, matchesGlob } from '../../domain/glob.ts'
import type { QueueSystems } from '../../domain/ports/queue-system.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { ruleFor, type Settings } from '../../domain/settings.ts'
import { suggest } from '../../domain/suggest.ts'

export interface QueueWords {
  readonly systems: QueueSystems
  readonly settings: Pick<Settings, 'queueRules'>
}

/** Every queue known so far, over all systems; from memory, so it answers while a system is down. */
export const knownQueues = (systems: QueueSystems): readonly QueueRef[] =>
  systems
    .all()
    .flatMap((system) => system.knownQueues().map((queue) => ({ system: system.name, queue })))

export interface Undiscovered {
  readonly system: string
  readonly problem: OperatorError
}

/**
 * Right after the start a name may not be known yet: systems of which nothing is known are asked, all at
 * once. One that is away keeps nobody from the others: it is answered with.
 */
export async function discoverWhereNothingIsKnown(
  systems: QueueSystems,
): Promise<readonly Undiscovered[]> {
  const unknown = systems.all().filter((system) => system.knownQueues().length === 0)
  const asked = await Promise.allSettled(unknown.map((system) => system.discoverNow()))
  return asked.flatMap((answer, index) => {
    if (answer.status === 'fulfilled') return []
    const problem: unknown = answer.reason
    if (!(problem instanceof OperatorError)) throw problem
    return [{ system: unknown[index]?.name ?? '', problem }]
  })
}

/** Known queues by system, as alert labels are resolved against. */
export const knownBySystem = (systems: QueueSystems): ReadonlyMap<string, readonly string[]> =>
  new Map(systems.all().map((system) => [system.name, system.knownQueues()]))

const TIER = /^tier:(critical|high|medium|low)$/

/** The queues that a word means: a name, `system/queue`, a glob, `tier:critical` or a bare tier. */
export function matchQueues(deps: QueueWords, word: string): readonly QueueRef[] {
  const all = knownQueues(deps.systems)
  const tier = TIER.exec(word)?.[1] ?? (isTier(word) ? word : undefined)
  if (tier !== undefined) return all.filter((ref) => ruleFor(deps.settings, ref).tier === tier)
  if (isGlob(word))
    return all.filter((ref) => matchesGlob(word, queueKey(ref)) || matchesGlob(word, ref.queue))
  return all.filter((ref) => queueKey(ref) === word || ref.queue === word)
}

const isTier = (word: string): boolean => ['critical', 'high', 'medium', 'low'].includes(word)

/**
 * As `resolveQueue`, after a look at systems of which nothing is known yet. A word that means nothing while
 * one of those is away throws `system_unreachable`: the queue may be there.
 */
export async function findQueue(
  deps: QueueWords,
  word: string | null,
  ofRoom: QueueRef | null,
): Promise<QueueRef> {
  const [away] = await discoverWhereNothingIsKnown(deps.systems)
  try {
    return resolveQueue(deps, word, ofRoom)
  } catch (error) {
    const isUnknown = error instanceof OperatorError && error.code === 'unknown_queue'
    throw isUnknown && away !== undefined ? away.problem : error
  }
}

/** Queues that an action is asked for, with what was said to mean them. */
export interface Scope {
  readonly scope: string
  readonly refs: readonly QueueRef[]
}

const MOST_AT_ONCE = 500

/**
 * As `findQueue`; a glob, `tier:low` or a bare tier means all that match. Throws `bad_input` beyond 500
 * queues: nobody can judge a preview of more.
 */
export async function findScope(
  deps: QueueWords,
  word: string | null,
  ofRoom: QueueRef | null,
): Promise<Scope> {
  if (word === null || !(isGlob(word) || TIER.test(word) || isTier(word)))
    return scopeOfOne(await findQueue(deps, word, ofRoom))
  const [away] = await discoverWhereNothingIsKnown(deps.systems)
  const refs = matchQueues(deps, word)
  const [first] = refs
  if (first === undefined) throw away?.problem ?? unknownQueue(deps, word)
  if (refs.length > MOST_AT_ONCE)
    throw new OperatorError(
      'bad_input',
      `\`${word}\` means ${refs.length} queues; at most ${MOST_AT_ONCE} are changed at once.`,
      'Nothing was changed. Name fewer, for example by system or prefix.',
    )
  return refs.length === 1 ? scopeOfOne(first) : { scope: word, refs }
}

const scopeOfOne = (ref: QueueRef): Scope => ({ scope: queueKey(ref), refs: [ref] })

/**
 * The one queue that a person named, or the room's when they named none.
 * Throws `unknown_queue` with a suggestion, `ambiguous_queue`, or `no_queue_given`.
 */
function resolveQueue(deps: QueueWords, word: string | null, ofRoom: QueueRef | null): QueueRef {
  if (word === null) {
    if (ofRoom !== null) return ofRoom
    throw new OperatorError(
      'no_queue_given',
      'No queue was named, and this is not the room of an incident.',
      'Name one, for example `status email`; `list` shows them all.',
    )
  }
  const matched = matchQueues(deps, word)
  const [first] = matched
  if (first === undefined) throw unknownQueue(deps, word)
  if (matched.length > 1) throw ambiguousQueue(word, matched)
  return first
}

/** For a queue that does not exist: the one of its system whose name is nearest, if any is near. */
export function nearestIfUnknown(
  systems: QueueSystems,
  overview: QueueOverview | null,
): string | null {
  if (overview === null || overview.isKnown) return null
  const { ref } = overview
  const others = systems.get(ref.system).knownQueues()
  return suggest(
    ref.queue,
    others.filter((queue) => queue !== ref.queue),
  )
}

function unknownQueue(deps: QueueWords, word: string): OperatorError {
  const all = knownQueues(deps.systems)
  const names = [...all.map(queueKey), ...all.map((ref) => ref.queue)]
  const near = suggest(word, names)
  return new OperatorError(
    'unknown_queue',
    near === null
      ? `There is no queue \`${word}\`.`
      : `There is no queue \`${word}\`; did you mean \`${near}\`?`,
    'Nothing was changed. `list` shows the queues that are known.',
  )
}

function ambiguousQueue(word: string, matched: readonly QueueRef[]): OperatorError {
  const shown = matched.slice(0, 5).map((ref) => `\`${queueKey(ref)}\``)
  const more = matched.length > shown.length ? ` and ${matched.length - shown.length} more` : ''
  return new OperatorError(
    'ambiguous_queue',
    `\`${word}\` means ${matched.length} queues: ${shown.join(', ')}${more}.`,
    'Nothing was changed. Name one of them, with its system in front.',
  )
}
