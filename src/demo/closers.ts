/** What must be stopped at the end, in the opposite order of its start. */
export interface Closers {
  /** Something that was started. Once the end has begun it is stopped at once. */
  add<T extends { stop(): void | Promise<void> }>(thing: T): T
  /** Stops everything, whatever fails on the way; a failure is handed to `onError`. */
  closeAll(onError: (error: unknown) => void): Promise<void>
}

export function createClosers(): Closers {
  const things: { stop(): void | Promise<void> }[] = []
  let onLate: ((error: unknown) => void) | null = null
  const close = async (thing: { stop(): void | Promise<void> }, onError: (e: unknown) => void) => {
    try {
      await thing.stop()
    } catch (error) {
      onError(error)
    }
  }
  return {
    add(thing) {
      if (onLate === null) things.push(thing)
      else void close(thing, onLate)
      return thing
    },
    async closeAll(onError) {
      onLate = onError
      for (const thing of things.toReversed()) await close(thing, onError)
    },
  }
}
