import type { Candidate } from './canary-sample.ts'
import type { Stratum } from './replay.ts'

/** Jobs by the cause that they failed of before. */
export interface Strata {
  /** The largest first. */
  readonly strata: readonly Stratum[]
  /** Of every candidate, by its key, the index of its stratum. */
  readonly of: ReadonlyMap<string, number>
}

/** Sorts jobs by type and shape of error; of strata of one size, the one seen first is the first. */
export function strataOf(candidates: readonly Candidate[]): Strata {
  const groups = new Map<string, Candidate[]>()
  for (const one of candidates) {
    const name = JSON.stringify([one.shape, one.type])
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [one])
    else group.push(one)
  }
  const sorted = [...groups.values()].toSorted((a, b) => b.length - a.length)
  return {
    strata: sorted.flatMap((group) => group.slice(0, 1).map((one) => stratumOf(one, group.length))),
    of: new Map(
      sorted.flatMap((group, index) => group.map(({ key }): [string, number] => [key, index])),
    ),
  }
}

const stratumOf = ({ type, shape }: Candidate, jobs: number): Stratum => ({ type, shape, jobs })

/**
 * Shares jobs, in order of age, out to waves of these sizes. The first one is the canary; every later one is spread
 * evenly over the age of what is left, for the oldest alone would tell of the beginning of an incident. Each wave is
 * in order of age. What is more than all waves is in none.
 *
 * @throws RangeError if the canary is not as large as the first wave, or there are too few jobs.
 */
export function intoWaves<T>(
  jobs: readonly T[],
  canary: ReadonlySet<T>,
  waves: readonly number[],
): readonly (readonly T[])[] {
  const [firstSize, ...sizes] = waves
  if (firstSize === undefined) return []
  const [first, others] = parted(jobs, (job) => canary.has(job))
  if (first.length !== firstSize)
    throw new RangeError(`a first wave of ${firstSize} jobs cannot have ${first.length}`)
  let left = others
  const later = sizes.map((size) => {
    const [wave, rest] = spread(left, size)
    left = rest
    return wave
  })
  return [first, ...later]
}

/** The middle one of each of `count` equal stretches, and the others. */
function spread<T>(jobs: readonly T[], count: number): readonly [readonly T[], readonly T[]] {
  if (count > jobs.length) throw new RangeError(`${jobs.length} jobs are too few for ${count}`)
  let taken = 0
  return parted(jobs, (_, index) => {
    const isNext = index === Math.floor(((taken + 0.5) * jobs.length) / count)
    if (isNext) taken += 1
    return isNext
  })
}

function parted<T>(
  all: readonly T[],
  test: (one: T, index: number) => boolean,
): readonly [readonly T[], readonly T[]] {
  const [yes, no]: [T[], T[]] = [[], []]
  for (const [index, one] of all.entries()) (test(one, index) ? yes : no).push(one)
  return [yes, no]
}
