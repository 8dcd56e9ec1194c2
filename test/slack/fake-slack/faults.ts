/** What a test may have happen to the next calls of a method. */
export type Fault =
  | { readonly kind: 'rate_limited'; readonly retryAfterS: number }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'status'; readonly status: number }
  /** The socket is cut; before the call was carried out, or after it: then the answer is lost. */
  | { readonly kind: 'cut'; readonly isCarriedOut: boolean }
  | { readonly kind: 'slow'; readonly ms: number }

/** Faults by method; `*` stands for any. */
export function createFaults(now: () => number) {
  const planned = new Map<string, Fault[]>()
  const budgets = new Map<string, { readonly perMinute: number; calls: number[] }>()
  let isOut = false

  const planFor = (method: string): Fault | undefined =>
    planned.get(method)?.shift() ?? planned.get('*')?.shift()

  const overBudget = (method: string): Fault | undefined => {
    const budget = budgets.get(method)
    if (budget === undefined) return undefined
    budget.calls = budget.calls.filter((at) => now() - at < 60_000)
    const [oldest] = budget.calls
    if (oldest !== undefined && budget.calls.length >= budget.perMinute) {
      const retryAfterS = Math.ceil((60_000 - (now() - oldest)) / 1000)
      return { kind: 'rate_limited', retryAfterS }
    }
    budget.calls.push(now())
    return undefined
  }

  return {
    failNext(method: string, fault: Fault, times = 1): void {
      const queue = planned.get(method) ?? []
      queue.push(...Array.from({ length: times }, () => fault))
      planned.set(method, queue)
    },
    limit(method: string, perMinute: number): void {
      budgets.set(method, { perMinute, calls: [] })
    },
    /** From now on every socket is cut before anything happens, until `end` is called. */
    outage(): { end(): void } {
      isOut = true
      return {
        end: () => {
          isOut = false
        },
      }
    },
    next(method: string): Fault | undefined {
      if (isOut) return { kind: 'cut', isCarriedOut: false }
      return planFor(method) ?? overBudget(method)
    },
  }
}
