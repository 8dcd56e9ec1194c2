import { asTyped, isKeyword, type Word } from './command-words.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { OperatorError } from './errors.ts'
import { LEAST_SUCCESS } from './replay-ramp.ts'
import type { Ramp, RampStep, RampWish } from './replay.ts'
import { readLimit } from './throttle-grammar.ts'
import type { Throttle } from './throttle.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const USUAL_CANARY = 10
const MOST_CANARY = 50
const MOST_STEPS = 10

/** First words of what says how a replay goes; a misspelt one is recognised by them. */
export const REPLAY_WORDS = [
  'canary',
  'ramp',
  'watch',
  'patience',
  'success',
  'by-hand',
  'by-itself',
  'unlimited',
] as const

const wrong = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)

/** What was read from the beginning of some words. */
interface Read {
  readonly wish: RampWish
  /** So many words were read. */
  readonly length: number
  readonly isUnlimited?: boolean
}

/**
 * Takes out what says how a replay goes, wherever it stands: `canary 10`, `ramp 10,5%,25%,100%`, `20/min`,
 * `50 at once`, `unlimited`, `watch 2m`, `patience 10m`, `success 90%`, `by-hand`, `by-itself`. A word in quotes
 * is none of these. Throws `bad_input` that names the word.
 */
export function takeRamp(words: readonly Word[]): {
  readonly rest: readonly Word[]
  readonly ramp: RampWish
} {
  const rest: Word[] = []
  let ramp: RampWish = {}
  let isUnlimited = false
  for (let at = 0; at < words.length;) {
    const left = words.slice(at)
    const [word] = left
    const read = readOption(left)
    if (read === null && word !== undefined) rest.push(word)
    if (read !== null) ramp = joined(ramp, read.wish, left)
    isUnlimited ||= read?.isUnlimited === true
    at += read?.length ?? 1
  }
  return { rest, ramp: isUnlimited ? { ...NO_LIMIT, ...ramp } : ramp }
}

/** But for the limits that are named beside it. */
const NO_LIMIT: RampWish = { inFlight: null, perMinute: null }

/** Said twice, it is not known which is meant. */
function joined(so: RampWish, more: RampWish, [word]: readonly Word[]): RampWish {
  const isTwice = Object.keys(more).some((key) => key in so)
  if (!isTwice) return { ...so, ...more }
  throw wrong(
    `${asTyped(word?.text ?? '')} says a second time what was said before.`,
    'Say one of them.',
  )
}

const READERS: Readonly<Record<string, (words: readonly Word[]) => Read>> = {
  canary: readCanary,
  ramp: readSteps,
  watch: (words) => readTime(words, 'watchMs'),
  patience: (words) => readTime(words, 'patienceMs'),
  success: readSuccess,
  'by-hand': () => ({ wish: { promotes: 'person' }, length: 1 }),
  'by-itself': () => ({ wish: { promotes: 'itself' }, length: 1 }),
  unlimited: () => ({ wish: {}, length: 1, isUnlimited: true }),
}

function readOption(words: readonly Word[]): Read | null {
  const [first, second] = words
  if (first === undefined || first.isQuoted) return null
  const name = nameOf(first)
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined
  if (reader !== undefined) return reader(words)
  const isInTwo = name === 'by' && (isKeyword(second, 'hand') || isKeyword(second, 'itself'))
  if (isInTwo)
    return { wish: { promotes: isKeyword(second, 'hand') ? 'person' : 'itself' }, length: 2 }
  return readPace(words)
}

/** `--by-hand` is what programs are told. */
const nameOf = ({ text }: Word): string => text.toLowerCase().replace(/^[-—–]+/, '')

/** A limit as of a throttle; the `and` or `to` before it may be part of a name. */
function readPace(words: readonly Word[]): Read | null {
  if (isKeyword(words[0], 'to')) return null
  const read = limitOf(words)
  return read === null ? null : { wish: paceOf(read.throttle), length: read.length }
}

const NOTHING = /^(?:0+ ?(?:\/|per|an?|at|jobs?)|concurrency[ =:]0+$)/i

/** The limit at the beginning of these words, of which none stops a replay. */
function limitOf(words: readonly Word[]): ReturnType<typeof readLimit> {
  const said = words.slice(0, 2).map(({ text, isQuoted }) => (isQuoted ? '"' : text))
  if (NOTHING.test(said.join(' ')))
    throw wrong(
      'With a limit of 0 no job of it would ever run.',
      'Say for example `20/min`. One that is under way is held by its card, or by `hold 42`.',
    )
  return readLimit(words)
}

const paceOf = ({ rate, concurrency }: Throttle): RampWish => ({
  ...(rate === null ? {} : { perMinute: (rate.max * MINUTE_MS) / rate.durationMs }),
  ...(concurrency === null ? {} : { inFlight: concurrency }),
})

/** `canary 10`; ten unless told. */
function readCanary([, given]: readonly Word[]): Read {
  const isNumber = given !== undefined && !given.isQuoted && /^\d{1,9}$/.test(given.text)
  // `canary 50 at once` is a canary, and a limit.
  const jobs = isNumber ? Number(given.text) : USUAL_CANARY
  if (jobs < 1 || jobs > MOST_CANARY)
    throw wrong(
      `A canary is 1 to ${MOST_CANARY} jobs, not ${jobs}.`,
      jobs < 1
        ? 'Whether ten jobs run well is what decides about the rest.'
        : `Say \`ramp ${jobs},100%\` for a larger first wave, which the rest follows if it is good.`,
    )
  return { wish: { steps: [{ jobs }] }, length: isNumber ? 2 : 1 }
}

const STEP = /^\d{1,9}(?:\.\d{1,3})?%?$/
/** Between arrows a comma separates thousands, as where we show waves; else steps. */
const ARROW = /→|->|>|\bthen\b/i
/** What may stand between two steps. */
const BETWEEN = /^(?:→|->|>|,|then|%)$/i
const RAMP_EXAMPLE =
  'Say for example `ramp 10,5%,25%,100%`: so many jobs, or so much of all of them.'

/** `ramp 10,5%,25%,100%`, `ramp 10 → 5 % → 100 %`: as far as it goes. */
function readSteps(words: readonly Word[]): Read {
  const length = words.findIndex((_, at) => at > 0 && !isOfRamp(words.slice(at)))
  const taken = words.slice(1, length === -1 ? undefined : length)
  const text = taken.map((word) => word.text).join(' ')
  const steps = text
    .replaceAll(/ +%/g, '%')
    .replaceAll(ARROW.test(text) ? /(?<=\d),(?=\d{3}(?!\d))/g : '', '')
    .split(/[\s,→>-]+|\bthen\b/i)
    .filter((part) => part !== '')
    .map(stepOf)
  return { wish: { steps: rising(steps, text) }, length: taken.length + 1 }
}

/** A limit that follows, as `50 at once`, is no step. */
function isOfRamp(words: readonly Word[]): boolean {
  const [first] = words
  if (first === undefined || first.isQuoted) return false
  if (BETWEEN.test(first.text)) return true
  return /^[\d.,%→>-]*\d[\d.,%→>-]*$/.test(first.text) && limitOf(words) === null
}

function stepOf(text: string): RampStep {
  const number = Number(text.replace(/%$/, ''))
  const isShare = text.endsWith('%')
  const isStep =
    STEP.test(text) && number > 0 && (isShare ? number <= 100 : Number.isInteger(number))
  if (isStep) return isShare ? { share: number / 100 } : { jobs: number }
  throw wrong(`${asTyped(text)} is no step of a ramp.`, RAMP_EXAMPLE)
}

/** Every wave goes further than the one before. */
function rising(steps: readonly RampStep[], text: string): readonly RampStep[] {
  if (steps.length === 0) throw wrong('After `ramp` its steps are missing.', RAMP_EXAMPLE)
  if (steps.length > MOST_STEPS)
    throw wrong(`A ramp has at most ${MOST_STEPS} steps, not ${steps.length}.`, RAMP_EXAMPLE)
  if (steps.every((step, at) => at === 0 || isBeyond(step, steps[at - 1]))) return steps
  throw wrong(
    `The steps of ${asTyped(text)} do not rise.`,
    'Each says how far all of it has come: numbers of jobs first, then shares.',
  )
}

/** A number and a share can only be compared once it is known of how many jobs. */
function isBeyond(step: RampStep, before: RampStep | undefined): boolean {
  if (before === undefined) return true
  if ('jobs' in step) return 'jobs' in before && step.jobs > before.jobs
  return 'jobs' in before || step.share > before.share
}

function readTime([name, ...words]: readonly Word[], key: 'watchMs' | 'patienceMs'): Read {
  const [first, second] = words
  // `2 min` in two words, `2m` in one.
  for (const taken of [[first, second], [first]]) {
    const parts = taken.flatMap((word) => (word === undefined || word.isQuoted ? [] : [word.text]))
    const ms = parts.length === taken.length ? parseDuration(parts.join(' ')) : null
    if (ms !== null)
      return { wish: { [key]: withinDay(ms, parts.join(' ')) }, length: taken.length + 1 }
  }
  const verb = name === undefined ? '' : nameOf(name)
  throw wrong(
    first === undefined
      ? `After \`${verb}\` a time is missing.`
      : `${asTyped(first.text)} is not a time that I understand.`,
    `Say for example \`${verb} 2m\`.`,
  )
}

function withinDay(ms: number, text: string): number {
  if (ms <= DAY_MS) return ms
  throw wrong(`${asTyped(text)} is too long.`, `It is at most ${formatDuration(DAY_MS)}.`)
}

/** `success 90%`, `success 97.5 %`. */
function readSuccess([, first, second]: readonly Word[]): Read {
  const isInTwo = isKeyword(second, '%')
  const text = `${first?.text ?? ''}${isInTwo ? '%' : ''}`
  const share = /^\d{1,3}(?:\.\d{1,3})?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : null
  if (share !== null && share > 0 && share <= 1)
    return { wish: { success: enough(share) }, length: isInTwo ? 3 : 2 }
  throw wrong(
    text === ''
      ? 'After `success` a share is missing.'
      : `${asTyped(text)} is not a share of jobs.`,
    'Say for example `success 95%`: so many of the jobs have to complete.',
  )
}

function enough(share: number): number {
  if (share >= LEAST_SUCCESS) return share
  throw wrong(
    `If only ${asTyped(shareTyped(share))} have to complete, nothing is judged any more.`,
    `The least is ${shareTyped(LEAST_SUCCESS)}. A person can promote a wave in spite of what failed.`,
  )
}

/** A ramp as one would type it: read again, it is the same. */
export function rampTyped({ steps, inFlight, perMinute, ...others }: Ramp): string {
  return [
    `ramp ${steps.map(stepTyped).join(',')}`,
    ...(inFlight === null || perMinute === null ? ['unlimited'] : []),
    ...(inFlight === null ? [] : [`${inFlight} at once`]),
    ...(perMinute === null ? [] : [paceTyped(perMinute)]),
    `watch ${timeTyped(others.watchMs)} patience ${timeTyped(others.patienceMs)}`,
    `success ${shareTyped(others.success)}`,
    others.promotes === 'person' ? 'by-hand' : 'by-itself',
  ].join(' ')
}

const shareTyped = (share: number): string => `${Number((share * 100).toFixed(3))}%`

const stepTyped = (step: RampStep): string =>
  'jobs' in step ? String(step.jobs) : shareTyped(step.share)

/** So many a minute, or, where that is no whole number, in the shortest time in which it is one. */
function paceTyped(perMinute: number): string {
  const [unit, max] = PACES.map(([name, minutes]) => [name, perMinute * minutes] as const).find(
    ([, jobs]) => Math.abs(jobs - Math.round(jobs)) < 1e-6,
  ) ?? ['day', perMinute * 1440]
  return `${Math.max(1, Math.round(max))}/${unit}`
}

const PACES = [
  ['min', 1],
  ['h', 60],
  ['day', 1440],
] as const

const timeTyped = (ms: number): string =>
  ms % MINUTE_MS === 0 ? `${ms / MINUTE_MS}m` : `${Math.max(1, Math.round(ms / 1000))}s`
