const ELLIPSIS = '…'

const isHighSurrogate = (unit: number): boolean => unit >= 0xd8_00 && unit <= 0xdb_ff

/** As `clamp`, for plain text, where `<`, `&` and backticks mean themselves. */
export function clampPlain(text: string, max: number): string {
  if (text.length <= max) return text
  if (max < 1) return ''
  const cut = isHighSurrogate(text.charCodeAt(max - 2)) ? max - 2 : max - 1
  return `${text.slice(0, cut).trimEnd()}${ELLIPSIS}`
}

/** Steps back from the middle of a character, of an `&amp;` and of a `<…>` that began before the cut. */
function outOfEntities(text: string, cut: number): number {
  const inCharacter = isHighSurrogate(text.charCodeAt(cut - 1))
  const head = text.slice(0, inCharacter ? cut - 1 : cut)
  const angle = head.lastIndexOf('<')
  if (angle > head.lastIndexOf('>')) return angle
  const ampersand = head.lastIndexOf('&')
  const isInside = ampersand >= 0 && /^&[a-z]{0,4}$/.test(head.slice(ampersand))
  return isInside ? ampersand : head.length
}

/** Steps back until no backtick span, or run of backticks, is left open. */
function outOfSpans(text: string, cut: number): number {
  const isInRun = text[cut] === '`' && text[cut - 1] === '`'
  let head = text.slice(0, cut)
  if (isInRun) head = head.replace(/`+$/, '')
  while (((head.match(/`/g) ?? []).length & 1) === 1)
    head = head.slice(0, head.lastIndexOf('`')).replace(/`+$/, '')
  return head.length
}

/**
 * Text of at most `max` UTF-16 units; what is cut off shows as `…`. Never cuts a character in half, an
 * entity (`<@U…>`, `<!date…>`, `&amp;`) or a backtick span: those go as a whole.
 */
export function clamp(text: string, max: number): string {
  if (text.length <= max) return text
  if (max < 1) return ''
  let cut = max - 1
  for (let before = -1; before !== cut;) {
    before = cut
    cut = outOfSpans(text, outOfEntities(text, cut))
  }
  return `${text.slice(0, cut).trimEnd()}${ELLIPSIS}`
}
