/** A job that may be among the first ones. */
export interface Candidate {
  readonly key: string
  readonly type: string
  /** Of its error; null where it never failed. */
  readonly shape: string | null
  /** When it failed or completed, else when it was added. */
  readonly at: Date | null
}

/**
 * Up to `size` keys that stand for all, in the candidates' order; the same ones whenever it is asked again. Every
 * shape of error of every type has one, the largest first if there are more of them than `size`; the others go where
 * they are fewest for the number of jobs. Within a shape they are spread evenly over age, for the newest
 * alone would tell of the last minute of an incident.
 */
export function canarySample(candidates: readonly Candidate[], size: number): readonly string[] {
  const strata = strataOf(candidates)
  const chosen = new Set(share(strata, size).flatMap(({ jobs, count }) => spread(jobs, count)))
  return candidates.filter((one) => chosen.has(one)).map(({ key }) => key)
}

interface Share {
  readonly jobs: readonly Candidate[]
  count: number
}

/** The largest first. */
function strataOf(candidates: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const strata = new Map<string, Candidate[]>()
  for (const one of candidates) {
    const name = JSON.stringify([one.shape, one.type])
    const known = strata.get(name)
    if (known === undefined) strata.set(name, [one])
    else known.push(one)
  }
  return [...strata.values()].toSorted((a, b) => b.length - a.length)
}

function share(strata: readonly (readonly Candidate[])[], size: number): readonly Share[] {
  const shares: readonly Share[] = strata.slice(0, size).map((jobs): Share => ({ jobs, count: 1 }))
  for (let left = size - shares.length; left > 0; left -= 1) {
    const next = fewest(shares)
    if (next === undefined) break
    next.count += 1
  }
  return shares
}

/** Where one more is due: Sainte-Laguë, which favours neither large nor small ones. */
function fewest(shares: readonly Share[]): Share | undefined {
  const dueOf = ({ jobs, count }: Share): number => jobs.length / (2 * count + 1)
  return shares
    .filter(({ jobs, count }) => count < jobs.length)
    .reduce<Share | undefined>(
      (best, one) => (best === undefined || dueOf(one) > dueOf(best) ? one : best),
      undefined,
    )
}

/** The middle one of each of `count` equal stretches of time. */
function spread(jobs: readonly Candidate[], count: number): readonly Candidate[] {
  const byAge = jobs.toSorted((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0))
  return Array.from({ length: count }, (_, index) =>
    byAge.at(Math.floor(((index + 0.5) * byAge.length) / count)),
  ).filter((job) => job !== undefined)
}
