/** A word as typed. A quoted one is taken as it stands: never a keyword, a duration or a number. */
export interface Word {
  readonly text: string
  readonly isQuoted: boolean
}

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

/** Splits at blanks; what stands in backticks or quotes (the curly ones of phones, too) stays together. */
export function splitWords(text: string): readonly Word[] {
  return [...plainText(text).matchAll(QUOTED)]
    .map((match): Word => {
      const bare = match[6]
      if (bare !== undefined) return { text: bare, isQuoted: false }
      const quoted = match.slice(1, 6).find((group) => group !== undefined) ?? ''
      return { text: quoted.trim(), isQuoted: true }
    })
    .filter((word) => word.text !== '')
}
