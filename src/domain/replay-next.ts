import { isIgnored } from './replay-verdict.ts'
import type { Gate, GateName, Ramp, Replay, Wave } from './replay.ts'

/** What a replay does next by itself, or whom it waits for. */
export type NextStep =
  /** Its first look is still to come. */
  | { readonly kind: 'begins' }
  /** So many of its wave are still to be put in line. */
  | { readonly kind: 'puts'; readonly left: number }
  /** Jobs are in line or at work; what has not ended then was not seen to end. */
  | { readonly kind: 'awaits'; readonly open: number; readonly until: Date }
  /** All have ended; it watches on until then, and goes on, asks, or is done. */
  | { readonly kind: 'watches'; readonly until: Date; readonly after: 'goes_on' | 'asks' | 'ends' }
  /** All is over and seen; the next look decides. */
  | { readonly kind: 'judges'; readonly after: 'goes_on' | 'ends' }
  /** The wave is good; a person's click starts the next one. */
  | { readonly kind: 'asks' }
  /** Nothing more is put in line until somebody says so. */
  | { readonly kind: 'held' }
  /** Nothing more is put in line until these gates are good. */
  | { readonly kind: 'lacks'; readonly gates: readonly GateName[] }
  /** Jobs at work come to their end, and the rest goes back. */
  | { readonly kind: 'ends'; readonly open: number }
  | { readonly kind: 'over' }

/** The wave that is under way; null before the first and of a replay without any. */
export const currentWave = ({ waves, wave }: Pick<Replay, 'waves' | 'wave'>): Wave | null =>
  waves[wave] ?? null

export const isLastWave = ({ waves, wave }: Pick<Replay, 'waves' | 'wave'>): boolean =>
  wave >= waves.length - 1

/** What happens next, as far as time and what was measured last tell. */
export function nextStep(replay: Replay, ramp: Ramp, at: Date): NextStep {
  switch (replay.state) {
    case 'running':
      return stepOfWave(replay, ramp, at)
    case 'held':
      return stepOfHeld(replay, ramp)
    case 'halting':
      return { kind: 'ends', open: replay.waves.reduce((sum, { counts }) => sum + counts.open, 0) }
    case 'halted':
    case 'done':
      return { kind: 'over' }
  }
}

function stepOfWave(replay: Replay, ramp: Ramp, at: Date): NextStep {
  const wave = currentWave(replay)
  if (wave === null || wave.beganAt === null) return { kind: 'begins' }
  const { fedAt, size, counts } = wave
  if (fedAt === null) return { kind: 'puts', left: Math.max(0, size - counts.fed - counts.skipped) }
  if (counts.open > 0)
    return { kind: 'awaits', open: counts.open, until: plus(fedAt, ramp.patienceMs) }
  return stepOfEnded(replay, ramp, { at, until: plus(fedAt, ramp.watchMs) })
}

function stepOfEnded(replay: Replay, ramp: Ramp, watch: { at: Date; until: Date }): NextStep {
  const isLast = isLastWave(replay)
  const asks = !isLast && ramp.promotes === 'person'
  if (watch.at < watch.until)
    return {
      kind: 'watches',
      until: watch.until,
      after: isLast ? 'ends' : asks ? 'asks' : 'goes_on',
    }
  if (asks && isGood(replay)) return { kind: 'asks' }
  return { kind: 'judges', after: isLast ? 'ends' : 'goes_on' }
}

/** A hold of its own that lacks nothing waits for the click that its ramp asks for. */
function stepOfHeld(replay: Replay, ramp: Ramp): NextStep {
  if (replay.isHeldByPerson) return { kind: 'held' }
  const gates = lacking(replay)
  if (gates.length > 0) return { kind: 'lacks', gates }
  const hasEnded = (currentWave(replay)?.counts.open ?? 1) === 0
  return ramp.promotes === 'person' && hasEnded && isGood(replay) && !isLastWave(replay)
    ? { kind: 'asks' }
    : { kind: 'held' }
}

/** Whether a gate holds nothing back. */
const passes = (gate: Gate, ignored: Replay['ignored']): boolean =>
  gate.state === 'good' || isIgnored(gate, ignored)

/** What is still to come is not missing. */
const lacking = ({ gates, ignored }: Replay): readonly GateName[] =>
  gates.flatMap((gate) => (gate.state === 'pending' || passes(gate, ignored) ? [] : [gate.name]))

const isGood = ({ gates, ignored }: Replay): boolean =>
  gates.length > 0 && gates.every((gate) => passes(gate, ignored))

const plus = (date: Date, ms: number): Date => new Date(date.getTime() + ms)
