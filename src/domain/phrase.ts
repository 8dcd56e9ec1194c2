/** Compared leniently in blanks and case, strictly in words: phones capitalise and add blanks. */
const normal = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase()

/** Whether what was typed is the phrase that confirms something that cannot be taken back. */
export const isSamePhrase = (wanted: string, typed: string | null): boolean =>
  typed !== null && normal(wanted) === normal(typed)
