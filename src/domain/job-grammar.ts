import { ACTION_KINDS, type JobOptions } from './action.ts'
import { asTyped, type Word } from './command-words.ts'
import { OperatorError } from './errors.ts'
import { isFilterWord, parseJobFilter } from './filter-grammar.ts'
import { filterWords } from './filter-words.ts'
import { isJobAction, type JobAction, jobActionRule } from './job-actions.ts'

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
 * `v7 canary 10`. Throws `bad_input` that names the word.
 */
export const parseJobCommand =
  (kind: JobAction) =>
  (words: readonly Word[]): JobCommand => {
    const { rest: undirected, to, priority } = takeTarget(kind, words)
    const { rest, options } = takeSwitches(kind, undirected)
    const place = takePlace(kind, rest)
    const filter = filterWords(parseJobFilter(place.rest))
    return {
      kind: priority === null ? kind : 'prioritize',
      queue: place.queue,
      filter,
      options: { ...options, ...place.options, ...(priority === null ? {} : { priority }) },
      to,
    }
  }

interface Target {
  readonly rest: readonly Word[]
  readonly to: string | null
  readonly priority: number | null
}

/** `to <queue>` or `to priority 5` at the end of a move. */
function takeTarget(kind: JobAction, words: readonly Word[]): Target {
  if (kind !== 'move' && kind !== 'prioritize') return { rest: words, to: null, priority: null }
  const at = words.findLastIndex((word) => isWord(word, 'to'))
  const [first, second, extra] = at === -1 ? [] : words.slice(at + 1)
  if (first === undefined)
    throw wrong(
      `It is not said where to ${kind === 'move' ? 'move' : 'put'} the jobs.`,
      'Say for example `move email type:newsletter to bulk`, or `move email to priority 5`.',
    )
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

interface Place {
  readonly queue: string | null
  readonly options: JobOptions
  readonly rest: readonly Word[]
}

function takePlace(kind: JobAction, words: readonly Word[]): Place {
  const [first, ...others] = words
  if (jobActionRule(kind).source === 'vault') return takeVault(kind, first, others)
  return first === undefined || (!first.isQuoted && isFilterWord(first))
    ? { queue: null, options: {}, rest: words }
    : { queue: first.text, options: {}, rest: others }
}

function takeVault(kind: JobAction, first: Word | undefined, others: readonly Word[]): Place {
  const number = VAULT.exec(first?.text ?? '')?.[1]
  if (number === undefined)
    throw wrong(
      first === undefined
        ? `It is not said which vault set to ${kind}.`
        : `${asTyped(first.text)} is not a vault set.`,
      `Say for example \`${kind} v7\`. \`vault\` shows what there is.`,
    )
  const vault = { vault: Number(number) }
  return kind === 'replay'
    ? { ...takeCanary(others), options: { ...vault, ...takeCanary(others).options } }
    : { queue: null, options: vault, rest: others }
}

const USUAL_CANARY = 10
const MOST_CANARY = 50

/** `canary 10`, wherever it stands; ten unless told. */
function takeCanary(words: readonly Word[]): Place {
  const at = words.findIndex((word) => isWord(word, 'canary'))
  const given = at === -1 ? undefined : words[at + 1]
  const isNumber = given !== undefined && /^\d{1,9}$/.test(given.text)
  const canary = isNumber ? Number(given.text) : USUAL_CANARY
  if (canary < 1 || canary > MOST_CANARY)
    throw wrong(
      `A canary is 1 to ${MOST_CANARY} jobs, not ${canary}.`,
      'Whether ten jobs run well is what decides about the rest.',
    )
  const rest = at === -1 ? words : words.toSpliced(at, isNumber ? 2 : 1)
  return { queue: null, options: { canary }, rest }
}
