type Call = (...args: readonly unknown[]) => unknown

/**
 * Gives ports as a process sees them that is not scheduled before its `calls`-th call to any of them until
 * `meanwhile` is over. Never within a transaction, unless told: the server ends one that is idle for long.
 */
export function stalling(
  calls: number,
  meanwhile: () => Promise<void>,
  { isInTransactions = false } = {},
): <T extends object>(ports: T) => T {
  let left = calls
  const wrap = <T extends object>(ports: T): T =>
    new Proxy(ports, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value === 'function') return late(target, value as Call)
        return typeof value === 'object' && value !== null ? wrap(value) : value
      },
    })
  const late =
    (target: object, call: Call): Call =>
    async (...args) => {
      left -= 1
      if (left === 0) await meanwhile()
      return call.apply(target, isInTransactions ? args.map(inTransaction) : [...args])
    }
  const inTransaction = (arg: unknown): unknown =>
    typeof arg === 'function' ? (given: object) => (arg as Call)(wrap(given)) : arg
  return wrap
}
