/** Longer words are never typed by hand, and the table below grows with the square. */
const LONGEST = 100

/**
 * How many letters must be added, dropped, changed or swapped with their neighbour to make one word of
 * the other; anything over `limit` is answered with `limit + 1`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : Infinity
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped))
    }
  }
  return Math.min(at(a.length, b.length), limit + 1)
}

const tolerance = (word: string): number => Math.min(3, word.length - 1, Math.ceil(word.length / 3))

/**
 * The candidate that a mistyped word most likely means, or null when nothing is close: about one slip
 * for every three letters. Of equals the first wins, so that answers do not change from day to day.
 */
export function suggest(word: string, candidates: readonly string[]): string | null {
  const typed = word.slice(0, LONGEST).toLowerCase()
  const limit = tolerance(typed)
  let best: string | null = null
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.slice(0, LONGEST).toLowerCase(), limit)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
