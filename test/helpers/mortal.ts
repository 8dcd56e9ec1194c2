/** What a process says that is no more. */
export class Died extends Error {
  override readonly name = 'Died'
}

type Call = (...args: readonly unknown[]) => unknown

/**
 * Gives ports as a process sees them that is killed before its `calls`-th call to any of them: from then on
 * nothing of it reaches anything, and what was in a transaction is rolled back.
 */
export function mortal(calls: number): <T extends object>(ports: T) => T {
  let left = calls
  const wrap = <T extends object>(ports: T): T =>
    new Proxy(ports, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value === 'function') return live(target, value as Call)
        return typeof value === 'object' && value !== null ? wrap(value) : value
      },
    })
  const live =
    (target: object, call: Call): Call =>
    (...args) => {
      left -= 1
      if (left < 0) return Promise.reject(new Died('killed'))
      return call.apply(target, args.map(inTransaction))
    }
  const inTransaction = (arg: unknown): unknown =>
    typeof arg === 'function' ? (given: object) => (arg as Call)(wrap(given)) : arg
  return wrap
}

/** The same for a process that is killed right after the first call like this has done what it does. */
export function deadAfter(
  isLast: (name: string, args: readonly unknown[]) => boolean,
): <T extends object>(ports: T) => T {
  let isDead = false
  const wrap = <T extends object>(ports: T): T =>
    new Proxy(ports, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value === 'function') return last(target, value as Call, String(key))
        return typeof value === 'object' && value !== null ? wrap(value) : value
      },
    })
  const last =
    (target: object, call: Call, name: string): Call =>
    async (...args) => {
      if (isDead) throw new Died('killed')
      const result = await call.apply(target, args.map(inTransaction))
      if (isLast(name, args)) isDead = true
      if (isDead) throw new Died('killed')
      return result
    }
  const inTransaction = (arg: unknown): unknown =>
    typeof arg === 'function' ? (given: object) => (arg as Call)(wrap(given)) : arg
  return wrap
}
