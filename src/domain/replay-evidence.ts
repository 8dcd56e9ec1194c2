import { formatDuration } from './duration.ts'
import {
  estimateOf,
  MANY_LOOKS,
  shareAtLeast,
  weightedEstimate,
  type Estimate,
  type SampledPart,
} from './proportion.ts'
import { quote } from './quote.ts'
import { failedOf, isOver, isPatienceOver, judgedOf, type Observed } from './replay-observed.ts'
import { estimateWords, shareWords } from './replay-words.ts'
import type { Gate } from './replay.ts'
import { listing, percent, plural, thousands } from './text.ts'

/** An error that these jobs never had is a fault of its own: more than so many of them are too many. */
const MOST_NEW = 0.01
/** So many may turn out to be, and nobody is to be asked. */
const MAY_BE_NEW = 0.05
/** So many may be gone without a trace: jobs can be removed by others while they wait. */
const MOST_UNSEEN = 0.03
/** Of 1 - 0.95 a double makes a little more than 0.05. */
const ALMOST = 1e-9

type State = Gate['state']

/** Whether enough of the jobs complete. Bad evidence is bad at once; good evidence is all of it. */
export function successGate(seen: Observed): Gate {
  const { wave, ramp } = seen
  const allowed = 1 - ramp.success + ALMOST
  const estimate = failuresOf(seen)
  const gate = (state: State, words: string): Gate => ({ name: 'success', state, words })
  if (isSurelyAbove(seen, allowed))
    return gate('bad', `${failedWords(seen)}; ${estimateWords(estimate)}, ${allowedWords(seen)}`)
  if (!isOver(seen)) return gate('pending', soFarWords(seen))
  if (judgedOf(wave.counts) === 0) return gate('unknown', nothingWords(seen))
  return estimate.share > allowed
    ? gate('unknown', `${failedWords(seen)}; ${estimateWords(estimate)}, ${allowedWords(seen)}`)
    : gate('good', `${completedWords(seen)}; ${estimateWords(estimate)}`)
}

/** The share of all jobs that fail, by what was seen of this wave. */
function failuresOf(seen: Observed): Estimate {
  const { counts } = seen.wave
  return isByStrata(seen)
    ? weightedEstimate(partsOf(seen))
    : estimateOf(failedOf(counts), judgedOf(counts))
}

/** Of a large first wave only a part was chosen by strata: it is a plain sample as a whole. */
const isByStrata = ({ isCanary, wave: { counts } }: Observed): boolean => {
  const known = Object.values(counts.strata).reduce(
    (sum, { completed, failed }) => sum + completed + failed,
    0,
  )
  return isCanary && known > 0 && known === judgedOf(counts)
}

const partsOf = ({ strata, wave }: Observed): readonly SampledPart[] =>
  strata.map(({ jobs }, index) => {
    const { completed, failed } = wave.counts.strata[index] ?? { completed: 0, failed: 0 }
    return { weight: jobs, failed, judged: completed + failed }
  })

/**
 * Whether more fail than may, even if everything that is open completes: failing is often quicker than completing,
 * so those that ended first are no fair sample.
 */
function isSurelyAbove(seen: Observed, allowed: number): boolean {
  const { counts } = seen.wave
  const confidence = isOver(seen) ? undefined : MANY_LOOKS
  if (!isByStrata(seen))
    return shareAtLeast(failedOf(counts), judgedOf(counts) + counts.open, confidence) > allowed
  const parts = partsOf(seen).map((part) => ({ ...part, judged: part.judged + counts.open }))
  return weightedEstimate(parts, confidence).atLeast > allowed
}

/** Whether jobs fail in a way in which none of them did before: what was mended may have broken something else. */
export function newErrorsGate(seen: Observed): Gate {
  const { counts } = seen.wave
  const { fresh, open } = counts
  const judged = judgedOf(counts)
  const gate = (state: State, words: string): Gate => ({ name: 'new_errors', state, words })
  const confidence = isOver(seen) ? undefined : MANY_LOOKS
  if (shareAtLeast(fresh, judged + open, confidence) > MOST_NEW + ALMOST)
    return gate('bad', freshWords(seen))
  if (!isOver(seen)) return gate('pending', fresh === 0 ? 'no new error so far' : freshWords(seen))
  if (fresh === 0) return gate('good', judged === 0 ? 'none, but nothing ended' : 'none')
  const estimate = estimateOf(fresh, judged)
  return estimate.upTo > MAY_BE_NEW
    ? gate('unknown', `${freshWords(seen)}; ${estimateWords(estimate, 'the true share')}`)
    : gate('good', freshWords(seen))
}

/** Whether all of the wave was seen to end: what was not may have failed. */
export function endedGate(seen: Observed): Gate {
  const { wave, ramp } = seen
  const { open, unseen, fed } = wave.counts
  const gate = (state: State, words: string): Gate => ({ name: 'ended', state, words })
  if (isPatienceOver(seen)) {
    const within = formatDuration(ramp.patienceMs)
    return gate('unknown', `${ofWords(open + unseen, fed)} not seen to end within ${within}`)
  }
  if (wave.fedAt === null)
    return gate('pending', `${ofWords(fed, wave.size)} in line so far, ${thousands(open)} to end`)
  if (open > 0) return gate('pending', `${ofWords(open, fed)} still to end`)
  if (unseen === 0) return gate('good', allEndedWords(fed))
  const gone = `${ofWords(unseen, fed)} gone, and nobody saw how`
  return gate(unseen > MOST_UNSEEN * fed ? 'unknown' : 'good', gone)
}

function allEndedWords(fed: number): string {
  if (fed === 0) return 'none was left to put in line'
  return fed === 1 ? 'it ended' : `all ${thousands(fed)} ended`
}

const ofWords = (part: number, whole: number): string => `${thousands(part)} of ${thousands(whole)}`

function failedWords(seen: Observed): string {
  const { counts } = seen.wave
  return `${ofWords(failedOf(counts), judgedOf(counts))} failed${weighedWords(seen)}`
}

function completedWords(seen: Observed): string {
  const { counts } = seen.wave
  const [judged, failed] = [judgedOf(counts), failedOf(counts)]
  const completed = `${ofWords(counts.completed, judged)} completed${causesWords(seen)}`
  if (failed === 0) return completed
  const share = percent(counts.completed, judged)
  return `${completed} (${share}), ${thousands(failed)} failed${weighedWords(seen)}`
}

/** One failed job in ten may stand for 3 % of all, where rare causes have a job each; of none and of all there is nothing to weigh. */
function weighedWords(seen: Observed): string {
  const { counts } = seen.wave
  const isMixed = failedOf(counts) > 0 && counts.completed > 0
  if (!isByStrata(seen) || seen.strata.length === 1 || !isMixed) return ''
  return ` (${shareWords(failuresOf(seen).share)} of all, by the size of each cause)`
}

/** Where there are more causes than the canary has jobs, it says nothing of the rest. */
function causesWords(seen: Observed): string {
  if (!isByStrata(seen)) return ''
  const parts = partsOf(seen)
  const tried = parts.filter(({ judged }) => judged > 0).length
  return tried === parts.length ? '' : `, ${ofWords(tried, parts.length)} causes tried`
}

const allowedWords = ({ ramp }: Observed): string =>
  `allowed are ${shareWords(Math.max(0, 1 - ramp.success))}`

function soFarWords({ wave: { counts } }: Observed): string {
  if (judgedOf(counts) === 0) return 'nothing has ended yet'
  const failed = failedOf(counts)
  const failures = failed === 0 ? '' : ` and ${thousands(failed)} failed`
  return `${thousands(counts.completed)} completed${failures} so far`
}

const nothingWords = ({ wave: { counts, size } }: Observed): string =>
  counts.fed === 0
    ? `none of ${plural(size, 'job')} was there any more, which proves nothing`
    : `none of ${plural(counts.fed, 'job')} was seen to end, which proves nothing`

const MOST_SHAPES = 2
const SHAPE_CHARS = 60

/** `3 of 490 failed in a new way: “connect ECONNREFUSED” (2) and “read timeout” (1)`; an error may hold anything. */
function freshWords({ wave: { counts }, failures }: Observed): string {
  const shapes = failures
    .filter(({ isKnown }) => !isKnown)
    .slice(0, MOST_SHAPES)
    .map(({ shape, jobs }) => `${quote(cut(shape))} (${thousands(jobs)})`)
  const named = shapes.length === 0 ? '' : `: ${listing(shapes)}`
  return `${ofWords(counts.fresh, judgedOf(counts))} failed in a new way${named}`
}

const cut = (shape: string): string =>
  shape.length > SHAPE_CHARS ? `${shape.slice(0, SHAPE_CHARS - 1)}…` : shape
