const JOBS = { first: 50, most: 400 }

/** How many jobs a call deals with, learned from the calls before. One for every kind of call. */
export interface Pace {
  /** For the next call. */
  size(): number
  /** A call was given `asked` jobs and came as far as `done`. */
  took(asked: number, done: number): void
}

/** A script stops by itself when its time is up (`clock.lua`): what it managed is what the next one gets. */
export function learnPace(range: { readonly first: number; readonly most: number } = JOBS): Pace {
  let size = range.first
  return {
    size: () => size,
    took(asked, done) {
      if (done < asked) size = Math.max(done, 1)
      else if (asked >= size) size = Math.min(Math.ceil(size * 1.25), range.most)
    },
  }
}

/**
 * Deals with all items, in their order, in calls that each answer for the first items of what they are given,
 * one at least. `lanes` calls are under way at once: with two, Redis works while an answer is read. With
 * one, the changes are made in the items' order. Rejects with the first error, after every call has ended.
 */
export async function inBatches<Item, End>(
  items: readonly Item[],
  pace: Pace,
  lanes: 1 | 2,
  call: (batch: readonly Item[]) => Promise<readonly End[]>,
): Promise<readonly End[]> {
  const ends = new Map<number, End>()
  const left: { readonly from: number; readonly until: number }[] = []
  let next = 0
  const nextStretch = () => {
    const from = next
    if (left.length === 0) next = Math.min(next + pace.size(), items.length)
    return left.shift() ?? { from, until: next }
  }
  const lane = async () => {
    for (let { from, until } = nextStretch(); from < until; { from, until } = nextStretch()) {
      const found = await call(items.slice(from, until))
      if (found.length === 0) throw new Error('a call dealt with no job at all')
      pace.took(until - from, found.length)
      found.forEach((end, index) => ends.set(from + index, end))
      if (found.length < until - from) left.unshift({ from: from + found.length, until })
    }
  }
  const lastLane = async () => {
    try {
      await lane()
    } catch (error) {
      // The other one ends with the call that it has under way.
      next = items.length
      left.length = 0
      throw error
    }
  }
  const results = await Promise.allSettled(Array.from({ length: lanes }, lastLane))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return items.map((_, index) => ends.get(index)).filter((end) => end !== undefined)
}
