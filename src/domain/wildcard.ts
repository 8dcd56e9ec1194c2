export const hasWildcard = (pattern: string): boolean => pattern.includes('*')

/** Does it fit every text? */
export const isAnything = (pattern: string): boolean => /^\*+$/.test(pattern)

/**
 * Does a text fit a pattern in which `*` stands for anything, also nothing? Every other sign is itself.
 * Linear: the parts between the stars are looked for one after the other.
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return (text) => text === pattern
  return (text) => {
    if (!text.startsWith(head)) return false
    let at = head.length
    for (const part of parts) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return text.length - tail.length >= at && text.endsWith(tail)
  }
}
