/** The time, passed in so that tests need no sleeping. */
export interface Clock {
  now(): Date
}

/** Randomness, passed in. `token` is unguessable (≥ 128 bits); `short` is a few letters for a name. */
export interface Ids {
  uuid(): string
  token(): string
  short(): string
}

/** Structured log: facts first, then a few words. */
export interface Log {
  debug(facts: object, words: string): void
  info(facts: object, words: string): void
  warn(facts: object, words: string): void
  error(facts: object, words: string): void
  child(facts: object): Log
}
