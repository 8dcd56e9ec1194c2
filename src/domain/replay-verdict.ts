import { formatDuration } from './duration.ts'
import { isOver, type Observed } from './replay-observed.ts'
import { burstOf } from './replay-ramp.ts'
import { gateLabel } from './replay-words.ts'
import type { Gate, GateName, Ignored, Ramp, Replay, Verdict } from './replay.ts'

/** What is to become of the wave under way; null while it is too early to say. */
export interface Judgement {
  readonly verdict: Verdict | null
  /** Why, with its numbers, for people. */
  readonly words: string
}

/** Only these tell that the replay itself does harm, or is of no use: going on makes it worse. */
const HALTING: ReadonlySet<GateName> = new Set(['success', 'new_errors', 'live'])

/** How the wave's own jobs do is what it is for: a person may promote it in spite of that, not look away. */
const NEVER_IGNORED: ReadonlySet<GateName> = new Set(['success', 'new_errors', 'ended'])

/** What a person lets a replay go on in spite of now: what is missing, and what is bad but harms nobody. */
export function ignorable(gates: readonly Gate[]): readonly Ignored[] {
  return gates.flatMap(({ name, state }): readonly Ignored[] => {
    if (NEVER_IGNORED.has(name)) return []
    if (state === 'unknown') return [`${name}:unknown`]
    return state === 'bad' && !HALTING.has(name) ? [`${name}:unknown`, `${name}:bad`] : []
  })
}

/** Whether a person has let the replay go on in spite of this. */
export const isIgnored = ({ name, state }: Gate, ignored: readonly Ignored[]): boolean =>
  (state === 'unknown' || state === 'bad') && ignored.includes(`${name}:${state}`)

interface Rule {
  readonly verdict: Verdict
  /** The gates that decide; none if the rule does not apply. */
  readonly gates: (gates: readonly Gate[], seen: Observed) => readonly Gate[]
}

/** The first that applies counts: bad evidence before missing evidence, and good evidence only when all of it is. */
const RULES: readonly Rule[] = [
  {
    verdict: 'halt',
    gates: (gates) => gates.filter(({ name, state }) => state === 'bad' && HALTING.has(name)),
  },
  { verdict: 'hold', gates: (gates) => gates.filter(({ state }) => state === 'bad') },
  { verdict: 'hold', gates: (gates) => gates.filter(({ state }) => state === 'unknown') },
  {
    verdict: 'promote',
    gates: (gates, seen) => (mayPromote(gates, seen) ? gates.slice(0, 1) : []),
  },
]

/**
 * Judges the wave under way by its gates. Bad evidence halts or holds, missing evidence holds, and only a wave that
 * was put in line wholly, ended, was watched for its time and has nothing but good gates is promoted.
 */
export function verdictOf(gates: readonly Gate[], seen: Observed): Judgement {
  for (const { verdict, gates: decidingOf } of RULES) {
    const deciding = decidingOf(gates, seen)
    if (deciding.length > 0) return { verdict, words: reasonWords(deciding) }
  }
  return { verdict: null, words: waitWords(gates, seen) }
}

const mayPromote = (gates: readonly Gate[], seen: Observed): boolean =>
  seen.wave.fedAt !== null &&
  isOver(seen) &&
  watchLeftMs(seen) === 0 &&
  gates.every(({ state }) => state === 'good')

/** In ms; a wave that is not in line wholly is not watched yet. */
function watchLeftMs({ wave: { fedAt }, ramp: { watchMs }, now }: Observed): number {
  const since = fedAt === null ? 0 : now.getTime() - fedAt.getTime()
  return Math.max(0, watchMs - since)
}

/** What explains the others is said first: of a queue that is paused nothing was seen to end. */
const FIRST: readonly GateName[] = ['redis', 'running', 'workers']
const MOST_REASONS = 2

function reasonWords(gates: readonly Gate[]): string {
  const first = gates.filter(({ name }) => FIRST.includes(name))
  const rest = gates.filter(({ name }) => !FIRST.includes(name))
  const sorted = [...first.toSorted((a, b) => rankOf(a) - rankOf(b)), ...rest]
  const more = sorted.length - MOST_REASONS
  return [
    ...sorted.slice(0, MOST_REASONS).map(sentenceOf),
    ...(more > 0 ? [`${more} more`] : []),
  ].join('; ')
}

const rankOf = ({ name }: Gate): number => FIRST.indexOf(name)

/** Readings of others do not say what they are about. */
const sentenceOf = ({ name, words }: Gate): string =>
  name === 'redis' || name.startsWith('probe:') ? `${gateLabel(name)}: ${words}` : words

function waitWords(gates: readonly Gate[], seen: Observed): string {
  const pending = gates.filter(({ state }) => state === 'pending')
  const told = pending.find(({ name }) => name === 'ended') ?? pending[0]
  return told?.words ?? `watched for another ${formatDuration(watchLeftMs(seen) + 999)}`
}

/**
 * How many more jobs may be put in line now: what its limits leave, Infinity where it has none. By the limit a minute
 * it is those of ten seconds, or none before these are over: so that nothing saved up while it was held comes at once,
 * and a slice, which is no larger, always fits.
 */
export function mayPut(
  { waves }: Pick<Replay, 'waves'>,
  { inFlight, perMinute }: Pick<Ramp, 'inFlight' | 'perMinute'>,
  now: Date,
): number {
  const open = waves.reduce((sum, { counts }) => sum + counts.open, 0)
  const free = inFlight === null ? Infinity : inFlight - open
  return Math.max(0, Math.min(free, byRate(waves, perMinute, now)))
}

function byRate(waves: Replay['waves'], perMinute: number | null, now: Date): number {
  if (perMinute === null) return Infinity
  const burst = burstOf(perMinute)
  const last = Math.max(...waves.map(({ putAt }) => putAt?.getTime() ?? -Infinity))
  return now.getTime() - last >= (burst / perMinute) * 60_000 ? burst : 0
}
