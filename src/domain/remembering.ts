/** Texts that are remembered before it begins anew. */
const REMEMBERED = 5000

/** The same work, done once for each of the last few thousand texts. Let go of it after the pass: it holds raw texts. */
export function remembering<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= REMEMBERED) known.clear()
    const made = work(text)
    known.set(text, made)
    return made
  }
}
