export type Level = 'ok' | 'warn' | 'fail'
export type Area = 'configuration' | 'database' | 'systems' | 'probes' | 'slack' | 'people'

/** One thing looked at. What is not ok says what to do. */
export interface Finding {
  readonly level: Level
  readonly area: Area
  readonly what: string
  readonly next: string | null
}

/** Findings of one area, in short. */
export interface Notes {
  ok(what: string): Finding
  warn(what: string, next: string): Finding
  fail(what: string, next: string): Finding
}

export const notesOn = (area: Area): Notes => ({
  ok: (what) => ({ level: 'ok', area, what, next: null }),
  warn: (what, next) => ({ level: 'warn', area, what, next }),
  fail: (what, next) => ({ level: 'fail', area, what, next }),
})

const SHOWN = 5

/** `a, b, c and 4 more`. */
export function few(names: readonly string[]): string {
  const rest = names.length - SHOWN
  const shown = names.slice(0, SHOWN).join(', ')
  return rest > 0 ? `${shown} and ${rest} more` : shown
}

/** The words of whatever was thrown. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
