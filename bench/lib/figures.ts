/** The value below which `share` (0 to 1) of all lie; two digits after the point. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return rounded(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN)
}

export const rounded = (value: number): number => Math.round(value * 100) / 100
