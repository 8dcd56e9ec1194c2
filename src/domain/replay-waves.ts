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
  const groups = groupsOf(candidates).toSorted((a, b) => b.keys.length - a.keys.length)
  const of = new Map<string, number>()
  for (const [index, { keys }] of groups.entries()) for (const key of keys) of.set(key, index)
  return {
    strata: groups.map(({ type, shape, keys }) => ({ type, shape, jobs: keys.length })),
    of,
  }
}

interface Group {
  readonly type: string
  readonly shape: string | null
  readonly keys: string[]
}

function groupsOf(candidates: readonly Candidate[]): readonly Group[] {
  const groups: Group[] = []
  // A map in a map, for a common key of both would have to be made for every job.
  const types = new Map<string, Map<string | null, Group>>()
  for (const { key, type, shape } of candidates) {
    const shapes = types.get(type) ?? new Map<string | null, Group>()
    types.set(type, shapes)
    const known = shapes.get(shape)
    const group = known ?? { type, shape, keys: [] }
    group.keys.push(key)
    if (known !== undefined) continue
    shapes.set(shape, group)
    groups.push(group)
  }
  return groups
}

/**
 * Shares jobs, in order of age, out to waves of these sizes. The first one is the canary; every later one is spread
 * evenly over the age of what is left, for the oldest alone would tell of the beginning of an incident. So is every
 * beginning of a wave, for it is judged before all of it is in line. What is more than all waves is in none.
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
  return [first, ...later].map(fairly)
}

/** In an order of which every beginning is spread evenly over the whole: by the bits of each place, read backwards. */
function fairly<T>(jobs: readonly T[]): readonly T[] {
  const bits = Math.ceil(Math.log2(Math.max(1, jobs.length)))
  return Array.from({ length: 2 ** bits }, (_, place) => jobs[backwards(place, bits)]).filter(
    (job) => job !== undefined,
  )
}

function backwards(place: number, bits: number): number {
  let [left, read] = [place, 0]
  for (let bit = 0; bit < bits; bit += 1) {
    read = read * 2 + (left % 2)
    left = Math.floor(left / 2)
  }
  return read
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

/** By which `PlannedReplay.canary` names a job of a slice: a row of the vault may have the id of a job of the queue. */
export const canaryKey = (id: string, isInVault: boolean): string =>
  `${isInVault ? 'v' : 'q'}:${id}`
