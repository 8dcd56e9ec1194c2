interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Stores together what arrives while a commit is under way, so that one commit serves many senders. Each
 * caller's promise settles with the commit that holds its own item. What fails in company is tried
 * alone: nobody is refused for another's sake.
 */
export function storeTogether<T>(
  store: (items: readonly T[]) => Promise<void>,
  atMost: number,
): (item: T) => Promise<void> {
  const waiting: Waiting<T>[] = []
  let isStoring = false

  const settle = async (batch: readonly Waiting<T>[]): Promise<void> => {
    try {
      await store(batch.map(({ item }) => item))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      if (batch.length === 1) for (const { reject } of batch) reject(error)
      else await Promise.all(batch.map((one) => settle([one])))
    }
  }
  const drain = async (): Promise<void> => {
    if (isStoring) return
    isStoring = true
    while (waiting.length > 0) await settle(waiting.splice(0, atMost))
    isStoring = false
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      void drain()
    })
}
