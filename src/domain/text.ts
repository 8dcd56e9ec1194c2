/** `1,310`: thousands separated, fractions cut. */
export const thousands = (value: number): string =>
  Math.trunc(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 job`, `1,310 jobs`, `2 queries`: the number with its noun. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${thousands(count)} ${count === 1 ? one : many}`

/** `a`, `a and b`, `a, b and c`. */
export function listing(words: readonly string[], conjunction = 'and'): string {
  const last = words.at(-1)
  if (last === undefined) return ''
  return words.length === 1 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`
}

/** A share of a whole as whole percent, never 0 % for something nor 100 % for less than all. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return 'unknown share'
  const share = (part / whole) * 100
  if (part > 0 && share < 1) return 'under 1 %'
  if (part < whole && share > 99) return 'over 99 %'
  return `${Math.round(share)} %`
}
