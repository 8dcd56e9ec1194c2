interface Shared<T> {
  readonly reading: Promise<T>
  readonly beganAt: number
  isUnderWay: boolean
}

const SHARED_MS = 2000

/**
 * Whoever asks for the same while it is being read, or within 2 s of its beginning, shares one reading: a
 * probe is not to be a load of its own. `elapsed` is in ms and runs on however the clock is set.
 */
export function createSharing<T>(
  elapsed: () => number = () => performance.now(),
): (name: string, read: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Shared<T>>()
  return (name, read) => {
    const last = known.get(name)
    if (last !== undefined && (last.isUnderWay || elapsed() - last.beganAt < SHARED_MS))
      return last.reading
    const shared: Shared<T> = { reading: read(), beganAt: elapsed(), isUnderWay: true }
    known.set(name, shared)
    const over = (): void => {
      shared.isUnderWay = false
    }
    shared.reading.then(over, over)
    return shared.reading
  }
}
