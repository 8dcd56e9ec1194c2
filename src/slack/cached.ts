import type { Clock } from '../domain/ports/runtime.ts'

const MAX_KEYS = 1000

interface Entry<T> {
  readonly value: Promise<T>
  readonly until: number
  readonly isFresh: boolean
  isUnderWay: boolean
}

/** `fresh`: wants an answer that was asked for now, not one that is remembered. */
interface AskOptions {
  readonly fresh?: boolean
}

/**
 * Remembers what `load` answered for `ttlMs`, and lets simultaneous askers share one call. A fresh ask shares
 * only with another fresh one that is still under way. Failures are not remembered: whoever asks next tries
 * again.
 */
export function createCached<T>(deps: {
  readonly ttlMs: number
  readonly clock: Clock
  readonly load: (key: string) => Promise<T>
}): (key: string, options?: AskOptions) => Promise<T> {
  const entries = new Map<string, Entry<T>>()
  const now = (): number => deps.clock.now().getTime()

  const settle = async (key: string, entry: Entry<T>): Promise<void> => {
    try {
      await entry.value
      entry.isUnderWay = false
    } catch {
      if (entries.get(key) === entry) entries.delete(key)
    }
  }

  const start = (key: string, isFresh: boolean): Promise<T> => {
    const value = deps.load(key)
    const entry: Entry<T> = { value, until: now() + deps.ttlMs, isFresh, isUnderWay: true }
    entries.delete(key)
    entries.set(key, entry)
    void settle(key, entry)
    const oldest = entries.keys().next()
    if (entries.size > MAX_KEYS && oldest.done !== true) entries.delete(oldest.value)
    return value
  }

  const isGoodEnough = (entry: Entry<T>, fresh: boolean): boolean =>
    fresh ? entry.isFresh && entry.isUnderWay : entry.until > now()

  return (key, { fresh = false } = {}) => {
    const known = entries.get(key)
    return known !== undefined && isGoodEnough(known, fresh) ? known.value : start(key, fresh)
  }
}
