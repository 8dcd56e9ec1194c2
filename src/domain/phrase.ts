import type { QueueEffect } from './effect.ts'
import { plural } from './text.ts'

/** `DRAIN email`: what has to be typed for what cannot be taken back; null for everything else. */
export function phraseFor(verb: string, effects: readonly QueueEffect[]): string | null {
  const destroying = effects.filter(({ effect }) => effect.kind === 'destroy')
  const [first] = destroying
  if (first === undefined) return null
  const what = destroying.length === 1 ? first.ref.queue : plural(destroying.length, 'queue')
  return `${verb.toUpperCase()} ${what}`
}

/** Compared leniently in blanks and case, strictly in words: phones capitalise and add blanks. */
const normal = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase()

/** Whether what was typed is the phrase that confirms something that cannot be taken back. */
export const isSamePhrase = (wanted: string, typed: string | null): boolean =>
  typed !== null && normal(wanted) === normal(typed)
