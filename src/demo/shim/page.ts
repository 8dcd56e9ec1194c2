import { readFileSync } from 'node:fs'

const SCRIPT = readFileSync(new URL('./page.js', import.meta.url), 'utf8')

/** Texts of the page that 0.1.8 has; where a later version has others, they stay as they are. */
const CORRECTIONS: readonly (readonly [string, string])[] = [
  ['<head>', `<head><script>${SCRIPT}</script>`],
  [' — try /echo hi', ' — try /queue help'],
  ['[V.members.length," members"]', '[window.spillwayTopic(V.id)??V.members.length+" members"]'],
]

/** The page with our script in front of its own, and a few words that fit the demo. */
export const improvePage = (html: string): string =>
  CORRECTIONS.reduce((page, [from, to]) => page.replace(from, () => to), html)
