import { ACTION_KINDS, type JobOptions } from './action.ts'
import { asTyped, isKeyword, type Word } from './command-words.ts'
import { OperatorError } from './errors.ts'
import { isFilterWord, parseJobFilter } from './filter-grammar.ts'
import { filterWords } from './filter-words.ts'
import { isJobAction, type JobAction, jobActionRule, type JobActionRule } from './job-actions.ts'
import { REPLAY_WORDS, takeRamp } from './replay-grammar.ts'
import { slipIn } from './replay-slips.ts'

/** What a person wants done with jobs: where they are, which ones, and how. */
export interface JobCommand {
  readonly kind: JobAction
  /** Null means the queue of the room; of jobs in the vault it is not needed. */
  readonly queue: string | null
  /** In canonical filter words. */
  readonly filter: string
  readonly options: JobOptions
  /** The queue that jobs move to, as typed. */
  readonly to: string | null
}

/** Every action about jobs has a verb of its own. */
export const JOB_VERBS: readonly JobAction[] = ACTION_KINDS.filter(isJobAction)

const wrong = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)

const VAULT = /^(?:vault:?)?#?v?(\d{1,15})$/i

const isWord = (word: Word | undefined, ...texts: readonly string[]): boolean =>
  word !== undefined && !word.isQuoted && texts.includes(word.text.toLowerCase())

/** Words that say how, wherever they stand: they are no filter. */
const SWITCHES: ReadonlyMap<
  string,
  { readonly for: readonly JobAction[]; readonly set: JobOptions }
> = new Map([
  ['reset', { for: ['retry', 'release', 'replay'], set: { resetsAttempts: true } }],
  ['as-it-was', { for: ['release'], set: { asItWas: true } }],
  ['forget', { for: ['drain', 'clean'], set: { forgets: true } }],
])

/**
 * What follows a verb about jobs: `email type:a older:1h`, `v7 reset`, `email to bulk`, `email to priority 5`,
 * `v7 canary 10`, `plan 42`. Throws `bad_input` that names the word.
 */
export const parseJobCommand =
  (kind: JobAction) =>
  (words: readonly Word[]): JobCommand => {
    const { rest: unpaced, ramp } = takeHow(kind, words)
    const { rest: undirected, to, priority } = takeTarget(kind, unpaced)
    const { rest, options } = takeSwitches(kind, undirected)
    const place = takePlace(kind, rest)
    const slip = kind === 'replay' ? slipIn(place.rest) : strayIn(kind, place.rest)
    if (slip !== null) throw slip
    const filter = filterWords(parseJobFilter(place.rest))
    if (filter !== '' && place.options.continues !== undefined) throw takesNoFilter(filter)
    return {
      kind: priority === null ? kind : 'prioritize',
      queue: place.queue,
      filter,
      options: {
        ...options,
        ...ramp,
        ...place.options,
        ...(priority === null ? {} : { priority }),
      },
      to,
    }
  }

interface Target {
  readonly rest: readonly Word[]
  readonly to: string | null
  readonly priority: number | null
}

const notSaidWhere = (kind: JobAction): OperatorError =>
  wrong(
    `It is not said where to ${kind === 'prioritize' ? 'put' : kind} the jobs.`,
    `Say for example \`${kind === 'replay' ? 'replay email to reprocess' : 'move email type:newsletter to bulk'}\`${kind === 'replay' ? '' : ', or `move email to priority 5`'}.`,
  )

/** Where jobs go: a move says it at its end, a replay only where that is not their own queue. */
function takeTarget(kind: JobAction, words: readonly Word[]): Target {
  if (kind === 'move' || kind === 'prioritize') return takeDestination(kind, words)
  const at = kind === 'replay' ? words.findLastIndex((word) => isWord(word, 'to')) : -1
  if (at === -1) return { rest: words, to: null, priority: null }
  const queue = words[at + 1]
  if (queue === undefined) throw notSaidWhere(kind)
  return { rest: words.toSpliced(at, 2), to: queue.text, priority: null }
}

/** `to <queue>` or `to priority 5`. */
function takeDestination(kind: 'move' | 'prioritize', words: readonly Word[]): Target {
  const at = words.findLastIndex((word) => isWord(word, 'to'))
  const [first, second, extra] = at === -1 ? [] : words.slice(at + 1)
  if (first === undefined) throw notSaidWhere(kind)
  const rest = words.slice(0, at)
  const isPriority = isWord(first, 'priority') || kind === 'prioritize'
  if (!isPriority) {
    if (second !== undefined) throw tooMuch(second)
    return { rest, to: first.text, priority: null }
  }
  const [value, more] = isWord(first, 'priority') ? [second, extra] : [first, second]
  if (more !== undefined) throw tooMuch(more)
  return { rest, to: null, priority: priorityOf(value) }
}

const tooMuch = ({ text }: Word): OperatorError =>
  wrong(`${asTyped(text)} is one word too many.`, 'Put a name that holds blanks in quotes.')

/** BullMQ's highest priority number, and so the last in line. */
const LOWEST = 2_097_152

function priorityOf(word: Word | undefined): number {
  const value = /^\d{1,7}$/.test(word?.text ?? '') ? Number(word?.text) : null
  if (value !== null && value <= LOWEST) return value
  throw wrong(
    word === undefined
      ? 'After `to priority` a number is missing.'
      : `${asTyped(word.text)} is not a priority.`,
    'It is a number from 0 to 2,097,152: 0 is none and goes first, then 1 before 2.',
  )
}

function takeSwitches(
  kind: JobAction,
  words: readonly Word[],
): { readonly rest: readonly Word[]; readonly options: JobOptions } {
  const rest: Word[] = []
  let options: JobOptions = {}
  for (const word of words) {
    const found = word.isQuoted
      ? undefined
      : SWITCHES.get(word.text.toLowerCase().replace(/^[-—–]+/, ''))
    if (found === undefined) rest.push(word)
    else if (found.for.includes(kind)) options = { ...options, ...found.set }
    else
      throw wrong(
        `${asTyped(word.text)} says nothing to \`${kind}\`.`,
        `It belongs to ${found.for.map((verb) => `\`${verb}\``).join(' and ')}.`,
      )
  }
  return { rest, options }
}

/** In which waves a replay goes, wherever that stands. */
function takeHow(
  kind: JobAction,
  words: readonly Word[],
): { readonly rest: readonly Word[]; readonly ramp: Pick<JobOptions, 'ramp'> } {
  if (kind !== 'replay') return { rest: words, ramp: {} }
  const { rest, ramp } = takeRamp(words)
  return { rest, ramp: Object.keys(ramp).length === 0 ? {} : { ramp } }
}

/** What belongs to a replay alone. */
function strayIn(kind: JobAction, words: readonly Word[]): OperatorError | null {
  const stray = words.find(
    ({ text, isQuoted }) => !isQuoted && REPLAY_WORDS.some((word) => word === text.toLowerCase()),
  )
  return stray === undefined
    ? null
    : wrong(`${asTyped(stray.text)} says nothing to \`${kind}\`.`, 'It belongs to `replay`.')
}

const takesNoFilter = (filter: string): OperatorError =>
  wrong(
    `A replay of what a plan left takes no filter such as ${asTyped(filter)}.`,
    'Its jobs are those that the plan left. For others name the queue or the vault set.',
  )

interface Place {
  readonly queue: string | null
  readonly options: JobOptions
  readonly rest: readonly Word[]
}

const PLACES: Readonly<
  Record<JobActionRule['source'], (kind: JobAction, words: readonly Word[]) => Place>
> = { queue: (_kind, words) => takeQueue(words), vault: takeVault, either: takeAnyPlace }

const takePlace = (kind: JobAction, words: readonly Word[]): Place =>
  PLACES[jobActionRule(kind).source](kind, words)

function takeQueue(words: readonly Word[]): Place {
  const [first, ...others] = words
  return first === undefined || (!first.isQuoted && isFilterWord(first))
    ? { queue: null, options: {}, rest: words }
    : { queue: first.text, options: {}, rest: others }
}

function takeVault(kind: JobAction, words: readonly Word[]): Place {
  const [first, ...rest] = words
  const number = VAULT.exec(first?.text ?? '')?.[1]
  if (number !== undefined) return { queue: null, options: { vault: Number(number) }, rest }
  throw wrong(
    first === undefined
      ? `It is not said which vault set to ${kind}.`
      : `${asTyped(first.text)} is not a vault set.`,
    `Say for example \`${kind} v7\`. \`vault\` shows what there is.`,
  )
}

const SET = /^(?:vault:?#?v?|#?v)(\d{1,15})$/i
const BARE = /^#?(\d{1,15})$/
const PLAN = /^plan:#?(\d{1,15})$/i

/** `email`, `v7`, `plan 42`, or nothing: the queue of the room. A queue that reads like one of these stands in quotes. */
function takeAnyPlace(kind: JobAction, words: readonly Word[]): Place {
  const [first, ...rest] = words
  if (first === undefined || first.isQuoted) return takeQueue(words)
  if (isKeyword(first, 'plan')) return takePlan(kind, rest)
  const bare = BARE.exec(first.text)?.[1]
  if (bare !== undefined)
    throw wrong(
      `${asTyped(first.text)} may be a vault set or a plan.`,
      `Say \`${kind} v${bare}\` for the set, or \`${kind} plan ${bare}\` for what a plan left.`,
    )
  const set = SET.exec(first.text)?.[1]
  if (set !== undefined) return { queue: null, options: { vault: Number(set) }, rest }
  const plan = PLAN.exec(first.text)?.[1]
  if (plan !== undefined) return { queue: null, options: { continues: Number(plan) }, rest }
  return takeQueue(words)
}

function takePlan(kind: JobAction, [number, ...rest]: readonly Word[]): Place {
  const digits = BARE.exec(number?.text ?? '')?.[1]
  if (digits !== undefined) return { queue: null, options: { continues: Number(digits) }, rest }
  if (number === undefined)
    throw wrong('After `plan` its number is missing.', `Say for example \`${kind} plan 42\`.`)
  const set = SET.exec(number.text)?.[1]
  throw wrong(
    `${asTyped(number.text)} is ${set === undefined ? 'not the number of a plan' : 'a vault set, not a plan'}.`,
    set === undefined
      ? `Say for example \`${kind} plan 42\`. \`audit\` shows what was done lately.`
      : `Say \`${kind} v${set}\` for the set, or \`${kind} plan ${set}\` for what plan ${set} left.`,
  )
}
