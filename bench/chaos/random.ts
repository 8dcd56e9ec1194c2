/** Reproducible randomness (mulberry32): the seed of a red run runs it again. */
export function createRandom(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    /** From `low` to `high`, both included. */
    between: (low: number, high: number): number => low + Math.floor(next() * (high - low + 1)),
    oneOf<T>(all: readonly [T, ...T[]]): T {
      return all[Math.floor(next() * all.length)] ?? all[0]
    },
  }
}

export type Random = ReturnType<typeof createRandom>
