/** A word as typed. A quoted one is taken as it stands: never a keyword, a duration or a number. */
export interface Word {
  readonly text: string
  readonly isQuoted: boolean
  /** Of a person whom Slack completed after @: the user id behind the name. */
  readonly person?: string
}

/** What somebody typed, as a refusal shows it. */
export const asTyped = (text: string): string =>
  `\`${(text.length > 60 ? `${text.slice(0, 59)}…` : text).replaceAll('`', "'")}\``

/** Slack marks pasted mentions and links up as <@U…|name>; a person means what they see of it. */
const seen = (markup: string): string => {
  const [target = '', label] = markup.split('|', 2)
  const shown = label === undefined || label === '' ? target.replace(/^[@#!]/, '') : label
  if (target.startsWith('@')) return `@${shown.replace(/^@/, '')}`
  if (target.startsWith('#')) return shown.replace(/^#/, '')
  return shown.replace(/^mailto:/, '')
}

/** Slack's text as the person saw it: markup by its label, `&amp;` and the like as characters. */
export const plainText = (text: string): string =>
  text
    .replace(/<([^<>]*)>/g, (_, markup: string) => seen(markup))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** In backticks or quotes, the curly ones of phones too; between straight ones `""` is a quotation mark. */
const QUOTED = /`[^`]*`|"[^"]*(?:""[^"]*)*"|'[^']*'|[“”„][^“”„]*[“”]|[‘’][^‘’]*[‘’]/.source

const FIRST_QUOTED = new RegExp(`^(?:${QUOTED})`)

/** A value in quotes may follow a key: `error:"no such user"` is one word. */
const WORD = new RegExp(`(${QUOTED})|((?:[.:=~,](?:${QUOTED})|\\S)+)`, 'g')

/** The quoted text that `text` begins with, and how much of it that takes; null if it begins with none. */
export function readQuoted(text: string): { readonly text: string; readonly took: number } | null {
  const quoted = FIRST_QUOTED.exec(text)?.[0]
  if (quoted === undefined) return null
  const inner = quoted.slice(1, -1)
  return { text: quoted.startsWith('"') ? inner.replaceAll('""', '"') : inner, took: quoted.length }
}

const PEOPLE = /<@([UW][A-Z0-9_]+)(?:\|([^<>]*))?>/g

/** User ids by what people see of them. */
const peopleIn = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(PEOPLE)].map(([markup, id = '']) => [plainText(markup), id]))

/**
 * Splits Slack's text at blanks; what stands in backticks or quotes stays together. Where it is only a part of
 * a word, as in `error:"no such user"`, the word keeps its quotes: see `readQuoted`.
 */
export const splitWords = (text: string): readonly Word[] =>
  wordsOf(plainText(text), peopleIn(text))

/** The same for text of our own, in which nothing is marked up. */
export const splitPlain = (text: string): readonly Word[] => wordsOf(text, new Map())

const wordsOf = (text: string, people: ReadonlyMap<string, string>): readonly Word[] =>
  [...text.matchAll(WORD)]
    .map(([whole, quoted]): Word => {
      if (quoted === undefined) return bareWord(whole, people.get(whole))
      return { text: readQuoted(quoted)?.text.trim() ?? '', isQuoted: true }
    })
    .filter((word) => word.text !== '')

const bareWord = (text: string, person: string | undefined): Word =>
  person === undefined ? { text, isQuoted: false } : { text, isQuoted: false, person }

/** Whether a word, not in quotes, is this one. */
export const isKeyword = (word: Word | undefined, keyword: string): boolean =>
  word !== undefined && !word.isQuoted && word.text.toLowerCase() === keyword
