import type { Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { replayCounts } from '../../domain/replay-lines.ts'
import { isLastWave, type NextStep } from '../../domain/replay-next.ts'
import type { Ramp } from '../../domain/replay.ts'
import { listing, plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { ReplayView, ReturnedSet } from '../../domain/views-replay.ts'
import { gateName } from './replay-gates.ts'
import { vaultName } from './vault.ts'

interface Moment {
  readonly shown: ReplayView
  readonly at: Date
  readonly zone: string
}

type Steps = {
  readonly [K in NextStep['kind']]: (
    step: Extract<NextStep, { kind: K }>,
    moment: Moment,
  ) => string | null
}

const STEPS: Steps = {
  begins: (_, { shown: { replay } }) =>
    replay.wave === 0 ? 'Its first look is under way.' : `Wave ${replay.wave + 1} begins now.`,
  puts: ({ left }) => `${plural(left, 'job')} of this wave still to be put in line.`,
  awaits: ({ until }, { zone, at }) =>
    `What has not ended by ${clockTime(until, zone, at)} counts as not seen.`,
  watches: (step, { at }) => watchWords(step, at),
  judges: ({ after }) =>
    after === 'ends' ? 'All have ended: it is judged now.' : 'This wave is judged now.',
  asks: (_, { shown }) =>
    `:point_right: *Waits for your click*: Promote starts ${followingWave(shown)}.`,
  held: () => 'Nothing more is put in line until somebody lets it go on.',
  lacks: ({ gates }) =>
    `Nothing more is put in line. It goes on by itself once this is good: ${listing(gates.map(gateName))}.`,
  ends: ({ open }) =>
    open === 0
      ? 'Nothing more is put in line; the rest goes back to the vault.'
      : `Nothing more is put in line. Of ${plural(open, 'job')} still there, those at work come to their end; those that wait go to the vault.`,
  over: () => null,
}

/** What happens next, by itself or by somebody's click, and when. Null once it is over. */
export const nextWords = <K extends NextStep['kind']>(
  step: Extract<NextStep, { kind: K }> & { readonly kind: K },
  moment: Moment,
): string | null => STEPS[step.kind](step, moment)

function watchWords(step: Extract<NextStep, { kind: 'watches' }>, at: Date): string {
  const left = `in ${formatDuration(Math.max(1000, step.until.getTime() - at.getTime()))}`
  switch (step.after) {
    case 'goes_on':
      return `All have ended. *Goes on by itself ${left}* if it stays so.`
    case 'asks':
      return `All have ended. *Asks for your click ${left}* if it stays so.`
    case 'ends':
      return `All have ended. *Done ${left}* if it stays so.`
  }
}

/** `wave 3 (20,000 jobs)`. */
function followingWave({ replay }: ReplayView): string {
  const wave = replay.waves[replay.wave + 1]
  return wave === undefined || isLastWave(replay)
    ? 'the rest'
    : `wave ${wave.index + 1} (${plural(wave.size, 'job')})`
}

const WHY: Readonly<Record<ReturnedSet['why'], string>> = {
  unstarted: 'never ran',
  failed: 'failed again',
}

const MAX_SETS = 3

/** Where the jobs of a halted replay are whose turn never came: none of them was touched. */
export function stayedWords(plan: Pick<Plan, 'jobs'>, { replay }: ReplayView): string | null {
  const { planned, fed, skipped } = replayCounts(replay)
  const stayed = planned - fed - skipped
  if (replay.state !== 'halted' || stayed <= 0) return null
  const { vault, continues } = plan.jobs?.options ?? {}
  const where =
    continues !== undefined
      ? 'where they were'
      : vault === undefined
        ? 'among the failed jobs of the queue'
        : `in ${vaultName(vault)}`
  return `Untouched: ${plural(stayed, 'job')}, still ${where}.`
}

/** Where the jobs are that went back, by set; the latest ones where there are many. */
export function returnWords({ returns }: ReplayView): readonly string[] {
  const known = returns.filter(({ vault }) => vault !== null)
  if (known.length === 0) return []
  const sets = known.slice(-MAX_SETS).map(({ vault, why, jobs }) => {
    const many = jobs === null ? '' : `${thousands(jobs)} `
    return `${vaultName(vault ?? 0)} (${many}${WHY[why]})`
  })
  const more = known.length - sets.length
  return [`:file_cabinet: Went back: ${sets.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
}

/** `at most 500 at once · 20 per min · each wave watched for 30 s · 95 % must complete`. */
export function limitWords(ramp: Ramp): string {
  const parts = [
    ramp.inFlight === null ? 'no limit at once' : `at most ${thousands(ramp.inFlight)} at once`,
    ...(ramp.perMinute === null ? [] : [`${thousands(ramp.perMinute)} per min`]),
    `each wave watched for ${formatDuration(ramp.watchMs)}`,
    `${shareWords(ramp.success)} must complete`,
    ...(ramp.promotes === 'person' ? ['goes on by hand'] : []),
  ]
  return parts.join(' · ')
}

/** `95 %`, `99.5 %`. */
const shareWords = (share: number): string => `${Number((share * 100).toFixed(2))} %`
