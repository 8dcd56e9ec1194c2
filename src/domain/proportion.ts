/** So sure is what is said of the jobs that did not run. */
const CONFIDENCE = 0.95

/** Where what is judged is looked at again and again: at 95 % one look in twenty would be wrong. */
export const MANY_LOOKS = 0.999

/** A share, 0 to 1, as a sample shows it, and the bounds of the true one: each is right in 95 of 100 samples. */
export interface Estimate {
  readonly share: number
  readonly atLeast: number
  readonly upTo: number
}

/** Nothing was seen: it may be anything. */
const UNKNOWN: Estimate = { share: 0, atLeast: 0, upTo: 1 }

/**
 * The largest share of failures, 0 to 1, of which a random sample would show `failed` or fewer in `judged` at
 * least once in twenty times: Clopper and Pearson's bound, `1 - 0.05^(1/n)` where none failed. 1 for no sample.
 * Both may be fractions of jobs, for samples that count for more or less than their size.
 */
export function shareUpTo(failed: number, judged: number, confidence = CONFIDENCE): number {
  if (failed >= judged) return 1
  return shareWhere((share) => betaShare(share, failed + 1, judged - failed) < confidence)
}

/** The smallest share that would show `failed` or more as often: the same bound from below. 0 for no sample. */
export function shareAtLeast(failed: number, judged: number, confidence = CONFIDENCE): number {
  if (failed <= 0 || judged <= 0) return 0
  const most = Math.min(failed, judged)
  if (most === judged) return (1 - confidence) ** (1 / judged)
  return shareWhere((share) => betaShare(share, most, judged - most + 1) < 1 - confidence)
}

/** What a random sample says of all. */
export const estimateOf = (failed: number, judged: number): Estimate =>
  judged <= 0
    ? UNKNOWN
    : {
        share: failed / judged,
        atLeast: shareAtLeast(failed, judged),
        upTo: shareUpTo(failed, judged),
      }

/** A part of all that was sampled by itself: `weight` is its size, in any unit. */
export interface SampledPart {
  readonly weight: number
  readonly failed: number
  readonly judged: number
}

/**
 * What a sample says in which small parts have more than their share: every part counts by its weight, and the
 * sample by as many jobs of a plain one as tell as much (Kish's effective size; Clopper and Pearson's bounds over
 * it are Korn and Graubard's, Survey Methodology 24, 1998). Parts of which nothing was judged are left out.
 */
export function weightedEstimate(parts: readonly SampledPart[], confidence?: number): Estimate {
  const judged = parts.filter((part) => part.judged > 0 && part.weight > 0)
  const weight = sumOf(judged, (part) => part.weight)
  if (weight === 0) return UNKNOWN
  const share = sumOf(judged, (part) => (part.weight / weight) * (part.failed / part.judged))
  const size = 1 / sumOf(judged, (part) => (part.weight / weight) ** 2 / part.judged)
  return {
    share,
    atLeast: shareAtLeast(share * size, size, confidence),
    upTo: shareUpTo(share * size, size, confidence),
  }
}

const sumOf = <T>(all: readonly T[], value: (one: T) => number): number =>
  all.reduce((sum, one) => sum + value(one), 0)

/** The share, 0 to 1, up to which a test that turns once holds: as exact as a double can say. */
function shareWhere(isBelow: (share: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < 60; step += 1) {
    const share = (low + high) / 2
    if (isBelow(share)) low = share
    else high = share
  }
  return high
}

/**
 * The regularised incomplete beta function I_x(a, b), for a and b above 0: the chance that a Beta(a, b) variate is at
 * most x. By the continued fraction of DLMF 8.17.22 (https://dlmf.nist.gov/8.17#v), which converges fast on the
 * near side of the mean; the far side follows by symmetry.
 */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  )
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b
}

/** Keeps Lentz's quotients from dividing by nothing. */
const TINY = 1e-300
const EXACT = 1e-15

const awayFromZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value)

/** Lentz's way, as modified by Thompson and Barnett; about the root of the larger parameter many terms. */
function betaFraction(x: number, a: number, b: number): number {
  const most = 200 + 10 * Math.sqrt(Math.max(a, b))
  let numerator = 1
  let denominator = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = denominator
  for (let m = 1; m < most; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    denominator = 1 / awayFromZero(1 + even * denominator)
    numerator = awayFromZero(1 + even / numerator)
    value *= denominator * numerator
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    denominator = 1 / awayFromZero(1 + odd * denominator)
    numerator = awayFromZero(1 + odd / numerator)
    value *= denominator * numerator
    if (Math.abs(denominator * numerator - 1) < EXACT) break
  }
  return value
}

/** Godfrey's coefficients of Lanczos' approximation with g = 7: good to 15 digits for what is above 0. */
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

function logGamma(value: number): number {
  // Near 0 the series loses digits; the recurrence does not.
  if (value < 0.5) return logGamma(value + 1) - Math.log(value)
  const x = value - 1
  const series = LANCZOS.reduce((sum, factor, n) => sum + factor / (x + n + 1), 0.99999999999980993)
  const base = x + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(base) - base + Math.log(series)
}
