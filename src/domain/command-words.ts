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

const QUOTED = /`([^`]*)`|"([^"]*)"|'([^']*)'|[“”„]([^“”„]*)[“”]|[‘’]([^‘’]*)[‘’]|(\S+)/g

const PEOPLE = /<@([UW][A-Z0-9_]+)(?:\|([^<>]*))?>/g

/** User ids by what people see of them. */
const peopleIn = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(PEOPLE)].map(([markup, id = '']) => [plainText(markup), id]))

/** Splits at blanks; what stands in backticks or quotes (the curly ones of phones, too) stays together. */
export function splitWords(text: string): readonly Word[] {
  const people = peopleIn(text)
  return [...plainText(text).matchAll(QUOTED)]
    .map((match): Word => {
      const bare = match[6]
      if (bare !== undefined) return bareWord(bare, people.get(bare))
      const quoted = match.slice(1, 6).find((group) => group !== undefined) ?? ''
      return { text: quoted.trim(), isQuoted: true }
    })
    .filter((word) => word.text !== '')
}

const bareWord = (text: string, person: string | undefined): Word =>
  person === undefined ? { text, isQuoted: false } : { text, isQuoted: false, person }
