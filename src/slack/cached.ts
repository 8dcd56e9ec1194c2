import type { Clock } from '../domain/ports/runtime.ts'

const MAX_KEYS = 1000

/**
 * Remembers what `load` answered for `ttlMs`, and lets simultaneous askers share one call. Failures are
 * not remembered: whoever asks next tries again.
 */
export function createCached<T>(deps: {
  readonly ttlMs: number
  readonly clock: Clock
  readonly load: (key: string) => Promise<T>
}): (key: string) => Promise<T> {
  const entries = new Map<string, { readonly value: Promise<T>; readonly until: number }>()

  const start = (key: string): Promise<T> => {
    const value = deps.load(key)
    const entry = { value, until: deps.clock.now().getTime() + deps.ttlMs }
    entries.delete(key)
    entries.set(key, entry)
    value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key)
    })
    const oldest = entries.keys().next()
    if (entries.size > MAX_KEYS && oldest.done !== true) entries.delete(oldest.value)
    return value
  }

  return (key) => {
    const known = entries.get(key)
    return known !== undefined && known.until > deps.clock.now().getTime()
      ? known.value
      : start(key)
  }
}
