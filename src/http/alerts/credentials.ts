import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()

/**
 * Compares an `Authorization` header with every token, in a time that depends on neither: digests have
 * one length, and a match does not end the loop.
 */
export function createBearerCheck(
  tokens: readonly string[],
): (header: string | undefined) => boolean {
  const accepted = tokens.map(digest)
  return (header) => {
    const given = digest(/^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '')
    let isKnown = false
    for (const token of accepted) isKnown = timingSafeEqual(token, given) || isKnown
    return isKnown
  }
}
