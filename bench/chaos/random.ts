/** Reproducible randomness (mulberry32): the seed of a red run runs it again. */
export function createRandom(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    oneOf: (all) => all[Math.floor(next() * all.length)] ?? all[0],
    isBelow: (share) => next() < share,
    fork: () => createRandom(Math.floor(next() * 4_294_967_296)),
  }
}

export interface Random {
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number
  oneOf<T>(all: readonly [T, ...T[]]): T
  /** True in this share of all cases, 0 to 1. */
  isBelow(share: number): boolean
  /** A sequence of its own, so that what runs at the same time does not take from one another. */
  fork(): Random
}
