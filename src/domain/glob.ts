/**
 * Globs over queue names, where `*` crosses every character, `:` and `/` too, and `?` is one character.
 * Matching is linear in name length times number of stars: no regular expression that could hang.
 */
export function matchesGlob(glob: string, name: string): boolean {
  let g = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < name.length) {
    if (glob[g] === '*') {
      star = g
      g += 1
      resume = n
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === name[n])) {
      g += 1
      n += 1
    } else if (star >= 0) {
      g = star + 1
      resume += 1
      n = resume
    } else {
      return false
    }
  }
  while (glob[g] === '*') g += 1
  return g === glob.length
}

export const isGlob = (text: string): boolean => /[*?]/.test(text)
