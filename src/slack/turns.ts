import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Lets callers go on one by one, each in a turn of the event loop of its own. When one time-out ends a
 * hundred commands at once, new requests are acknowledged between their answers instead of after them.
 */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve()
  const after = async (earlier: Promise<void>): Promise<void> => {
    await earlier
    await nextTurn()
  }
  return () => {
    last = after(last)
    return last
  }
}
