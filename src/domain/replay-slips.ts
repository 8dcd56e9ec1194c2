import { asTyped, type Word } from './command-words.ts'
import { OperatorError } from './errors.ts'
import { isFilterWord } from './filter-grammar.ts'
import { REPLAY_WORDS } from './replay-grammar.ts'
import { suggest } from './suggest.ts'

const EXAMPLE =
  'Say for example `replay v7 canary 10`, or `replay email ramp 10,5%,100% 50 at once`.'

/** What is right anywhere else is not taken for a slip. */
const KNOWN = [...REPLAY_WORDS, 'concurrency']

const NUMBERS = 'one two three four five six seven eight nine ten twenty thirty forty fifty'.split(
  ' ',
)

/** Words that people say of a replay, and what they have to say instead. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['by', 'Say `by-hand` if each wave is to wait for a click, or `by-itself`.'],
  ['rest', '`replay plan 42` replays what plan 42 left, without any other word.'],
  ...['first', 'only', 'limit', 'top'].map(
    (word) =>
      [word, 'Say `canary 10` to try ten of them first, or `limit:10` to mean no others.'] as const,
  ),
  ...NUMBERS.map((word) => [word, 'Say numbers in digits, for example `canary 10`.'] as const),
])

/** Why the first of these words is none of a replay's, where it is close to one; null if none is. */
export function slipIn(words: readonly Word[]): OperatorError | null {
  for (const word of words) {
    if (word.isQuoted || isFilterWord(word)) continue
    const advice = MEANT.get(word.text.toLowerCase())
    if (advice !== undefined) return wrong(`${asTyped(word.text)} alone says nothing here.`, advice)
    const meant = suggest(word.text, KNOWN)
    if (meant === null) continue
    const happened = `${asTyped(word.text)} is no word that I understand here; did you mean \`${meant}\`?`
    return wrong(happened, EXAMPLE)
  }
  return null
}

const wrong = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)
