const MAX_LENGTH = 300

/**
 * In this order: what is longest and surest first, so that a part of it is not taken for something else. Rules
 * that are slow to find nothing name a sign without which there is nothing to find.
 */
const RULES: readonly (readonly [RegExp, string, sign?: string])[] = [
  [/[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`)\]>]+/gi, '{url}', '://'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '{email}', '@'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '{id}'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '{time}'],
  [/\[[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}\](?::\d{1,5})?/gi, '{host}', '['],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '{host}', '.'],
  [/\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}:\d{1,5}\b/gi, '{host}', ':'],
  [/\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){2,8}\b/gi, '{host}', '.'],
  [/\blocalhost(?::\d{1,5})?\b/gi, '{host}'],
  [/(?:\b[A-Za-z]:)?(?:[\\/][\w.@-]{1,100}){2,30}(?::\d+){0,2}/g, '{path}'],
  [/"[^"]{0,200}"|`[^`]{0,200}`|(?<!\w)'[^']{0,200}'(?!\w)/g, '{text}'],
  [/\b0x[0-9a-f]+\b/gi, '{id}'],
]

/**
 * The shape of an error message: what differs from job to job (numbers, ids, times, hosts, paths, quoted
 * text) is replaced by what it is, so that equal causes compare equal. Codes stay: `HTTP 503` is not
 * `HTTP 429`. Only the first line and at most 300 characters count; the time taken is linear.
 */
export function normaliseError(text: string): string {
  const line = firstLine(text)
  const shaped = RULES.reduce(
    (rest, [pattern, word, sign = '']) =>
      rest.includes(sign) ? rest.replace(pattern, word) : rest,
    line,
  )
  const plain = shaped.replace(/[\w-]{12,}/g, idOr).replace(NUMBER, numberOr)
  return plain.replace(/\s+/g, ' ').trim() || '(no message)'
}

const firstLine = (text: string): string =>
  text
    .slice(0, 4 * MAX_LENGTH)
    .trimStart()
    .split(/[\r\n]/, 1)[0]
    ?.slice(0, MAX_LENGTH) ?? ''

/** A word of twelve or more letters is a word; with several digits in it, it is somebody's id. */
const idOr = (word: string): string => ((word.match(/\d/g)?.length ?? 0) >= 3 ? '{id}' : word)

const NUMBER = /((?:status|code|http)[\s:=]{1,3})?(?<![\w{])\d[\d.,]*(ms|s|m|h|kb|mb|gb|%)?(?!\w)/gi

function numberOr(match: string, label: string | undefined): string {
  if (label === undefined) return /[.,]$/.test(match) ? `{n}${match.slice(-1)}` : '{n}'
  const isCode = /^\d{3}[.,]?$/.test(match.slice(label.length))
  return isCode ? match : `${label}{n}`
}
