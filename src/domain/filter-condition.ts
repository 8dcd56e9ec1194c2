import { readQuoted, type Word } from './command-words.ts'
import {
  type FilterKey,
  filterKey,
  forExample,
  quotedWhole,
  refuseFilter,
  shown,
  unknownWord,
} from './filter-keys.ts'

/** One of the alternatives after a key. */
export interface FilterValue {
  readonly text: string
  readonly isQuoted: boolean
  /** Of `error` alone: a `~` stood before it. */
  readonly isPattern: boolean
}

/** A word of a filter, taken apart. */
export interface Condition {
  readonly key: FilterKey
  /** As typed, for what is said about it. */
  readonly word: string
  /** Of `data` alone: the steps into the payload. */
  readonly path: readonly string[]
  readonly op: string
  readonly values: readonly FilterValue[]
}

const MAX_VALUES = 1000
const MAX_VALUE = 2000
const MAX_STEPS = 12

/** Takes a word apart. Throws OperatorError (`bad_input`) that names the word and what was probably meant. */
export function readCondition(word: Word): Condition {
  if (word.isQuoted) throw quotedWhole(word.text)
  const key = filterKey(word.text)
  if (key === null) throw unknownWord(word.text)
  const { path, rest } =
    key === 'data' ? readPath(word.text) : { path: [], rest: word.text.slice(key.length) }
  const op = /^(?:!=|<=|>=|[:=<>])/.exec(rest)?.[0]
  if (op === undefined)
    throw refuseFilter(`I do not understand ${shown(word.text)}.`, forExample(key))
  const values = readValues(rest.slice(op.length), key, word.text)
  return { key, word: word.text, path, op, values }
}

/** `data.customer."e-mail"=…`: the steps, and what follows them. */
function readPath(word: string): { readonly path: readonly string[]; readonly rest: string } {
  const path: string[] = []
  let rest = word.slice('data'.length)
  while (rest.startsWith('.')) {
    const step = readQuoted(rest.slice(1)) ?? bareStep(rest.slice(1))
    if (step.took === 0) break
    path.push(step.text)
    rest = rest.slice(1 + step.took)
  }
  if (path.length === 0 || rest.startsWith('.'))
    throw refuseFilter(`${shown(word)} does not say which value.`, forExample('data'))
  if (path.length > MAX_STEPS)
    throw refuseFilter(`${shown(word)} has more than ${MAX_STEPS} steps.`, 'Ask for less of it.')
  return { path, rest }
}

function bareStep(text: string): { readonly text: string; readonly took: number } {
  const step = /^[^.:=!<>]*/.exec(text)?.[0] ?? ''
  return { text: step, took: step.length }
}

function readValues(text: string, key: FilterKey, word: string): readonly FilterValue[] {
  const values: FilterValue[] = []
  for (let rest: string | null = text; rest !== null;) {
    const { value, took } = readValue(rest, key, word)
    values.push(value)
    const sign = rest.slice(took, took + 1)
    if (sign !== '' && sign !== ',')
      throw refuseFilter(`In ${shown(word)} something follows the quotes.`, forExample(key))
    rest = sign === '' ? null : rest.slice(took + 1)
  }
  if (values.length > MAX_VALUES)
    throw refuseFilter(
      `${shown(word)} has more than ${MAX_VALUES} values.`,
      'Ask for fewer at once.',
    )
  return values
}

function readValue(
  text: string,
  key: FilterKey,
  word: string,
): { readonly value: FilterValue; readonly took: number } {
  const isPattern = key === 'error' && text.startsWith('~')
  const begin = isPattern ? 1 : 0
  const quoted = readQuoted(text.slice(begin))
  // Commas are a part of patterns: a{1,3}.
  const bare = isPattern ? text.slice(1) : (text.split(',', 1)[0] ?? '')
  const value = { text: quoted?.text ?? bare, isQuoted: quoted !== null, isPattern }
  if (!value.isQuoted) checkBare(value.text, key, word)
  if (value.text.length > MAX_VALUE)
    throw refuseFilter(`A value of ${shown(word)} is too long.`, `At most ${MAX_VALUE} characters.`)
  return { value, took: begin + (quoted?.took ?? bare.length) }
}

function checkBare(text: string, key: FilterKey, word: string): void {
  if (text === '') throw refuseFilter(`In ${shown(word)} a value is missing.`, forExample(key))
  if (/^["`“”„‘’]/.test(text))
    throw refuseFilter(`The quotes in ${shown(word)} do not end.`, 'Close them.')
}
