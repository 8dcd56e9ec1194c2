import { estimateOf, type Estimate } from './proportion.ts'
import { inert } from './quote.ts'
import type { GateName, Replay, ReplayState, Wave, WaveCounts } from './replay.ts'
import { plural, thousands } from './text.ts'

/** `wave 2 of 4: 480 of 490 completed, 10 failed as before`. */
export function waveWords(wave: Wave | undefined, waves: number): string {
  if (wave === undefined) return 'no wave'
  const title = waveTitle(wave.index, waves)
  return wave.beganAt === null
    ? `${title}: ${plural(wave.size, 'job')}, not begun`
    : `${title}: ${countsWords(wave.counts, thousands(wave.size))}`
}

/** `wave 2 of 4`; a wave that is alone is called what it is. */
const waveTitle = (index: number, waves: number): string =>
  waves === 1 ? 'the only wave' : `wave ${index + 1} of ${waves}`

/** `wave 1 of 4 is good: 10 of 10 completed. It waits for a click for wave 2 (40 jobs)`: nothing is wrong with it. */
export function asksWords({ waves, wave }: Pick<Replay, 'waves' | 'wave'>): string {
  const [current, next] = [waves[wave], waves[wave + 1]]
  const numbers =
    current === undefined ? '' : `: ${countsWords(current.counts, thousands(current.size))}`
  const what = next === undefined ? '' : ` for wave ${next.index + 1} (${plural(next.size, 'job')})`
  return `${waveTitle(wave, waves.length)} is good${numbers}. It waits for a click${what}`
}

/** The whole replay in one sentence: how far it is, and what became of its jobs. */
export function replayWords(replay: Replay): string {
  const { waves, reason } = replay
  const planned = sumOf(waves, ({ size }) => size)
  const counts = totalOf(waves)
  const left = planned - counts.fed - counts.skipped
  const why = reason === null ? '' : ` (${reason})`
  const what = [
    countsWords(counts, plural(planned, 'job')),
    ...(left === 0 ? [] : [`${thousands(left)} ${LEFT[replay.state]}`]),
  ]
  return `${stateWords(replay)}${why}: ${what.join(', ')}.`
}

/** What a sample of jobs, drawn without regard to their causes, says of those that did not run. */
export const proofWords = (failed: number, judged: number): string =>
  judged === 0 ? 'that proves nothing' : estimateWords(estimateOf(failed, judged))

/** `the true failure share may still be up to 14 %`: each bound holds in 95 of 100 samples. */
export function estimateWords(
  { share, atLeast, upTo }: Estimate,
  what = 'the true failure share',
): string {
  if (upTo >= 1) return `${what} is at least ${shareWords(atLeast)}`
  if (share === 0) return `${what} may still be up to ${shareWords(upTo)}`
  const bounds =
    atLeast < 0.001 ? `up to ${shareWords(upTo)}` : `from ${digits(atLeast)} to ${shareWords(upTo)}`
  return `${what} may be anything ${bounds}`
}

/** A share, 0 to 1, of which small ones matter: `39 %`, `3.7 %`, `0.5 %`, `under 0.1 %`. */
export const shareWords = (share: number): string =>
  share > 0 && share < 0.001 ? 'under 0.1 %' : `${digits(share)} %`

const digits = (share: number): string =>
  (100 * share).toFixed(share < 0.0995 ? 1 : 0).replace(/\.0$/, '')

const LABELS: ReadonlyMap<GateName, string> = new Map([
  ['success', 'Success'],
  ['new_errors', 'New errors'],
  ['ended', 'Ended'],
  ['live', 'Other jobs'],
  ['waiting', 'Waiting'],
  ['workers', 'Workers'],
  ['running', 'Queue'],
  ['alerts', 'Alerts'],
  ['redis', 'Redis'],
])

/** What people call a gate; a probe has the name that the configuration gave it, without effect in mrkdwn. */
export const gateLabel = (name: GateName): string =>
  LABELS.get(name) ?? `Probe ${inert(name.replace(/^probe:/, ''))}`

function stateWords({ state, wave, waves }: Replay): string {
  const title = waveTitle(wave, waves.length)
  const at: Readonly<Record<ReplayState, string>> = {
    running: `Under way in ${title}`,
    held: `Held in ${title}`,
    halting: `Halting in ${title}`,
    halted: `Halted in ${title}`,
    done: waves.length === 1 ? 'Done' : `Done in ${thousands(waves.length)} waves`,
  }
  return at[state]
}

const LEFT: Readonly<Record<ReplayState, string>> = {
  running: 'still to be put in line',
  held: 'not put in line yet',
  halting: 'not put in line',
  halted: 'never put in line',
  done: 'never put in line',
}

function countsWords(counts: WaveCounts, planned: string): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.known, 'failed as before'],
    [counts.fresh, 'failed in a new way'],
    [counts.open, 'in line or at work'],
    [counts.unseen, 'not seen to end'],
    [counts.returned, 'taken back unstarted'],
    [counts.skipped, 'not there any more'],
  ]
  const others = parts
    .filter(([jobs]) => jobs > 0)
    .map(([jobs, what]) => `${thousands(jobs)} ${what}`)
  return [`${thousands(counts.completed)} of ${planned} completed`, ...others].join(', ')
}

const totalOf = (waves: readonly Wave[]): WaveCounts => ({
  fed: sumOf(waves, ({ counts }) => counts.fed),
  skipped: sumOf(waves, ({ counts }) => counts.skipped),
  open: sumOf(waves, ({ counts }) => counts.open),
  completed: sumOf(waves, ({ counts }) => counts.completed),
  known: sumOf(waves, ({ counts }) => counts.known),
  fresh: sumOf(waves, ({ counts }) => counts.fresh),
  unseen: sumOf(waves, ({ counts }) => counts.unseen),
  returned: sumOf(waves, ({ counts }) => counts.returned),
  strata: {},
})

const sumOf = (waves: readonly Wave[], value: (wave: Wave) => number): number =>
  waves.reduce((sum, wave) => sum + value(wave), 0)
