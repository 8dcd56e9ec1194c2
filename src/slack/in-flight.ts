/** Counts what is being handled, so that a stop can wait for it. */
export interface InFlight {
  track<T>(work: Promise<T>): Promise<T>
  readonly count: () => number
  /** Resolves to how many were still running after `forMs`. */
  drain(forMs: number): Promise<number>
}

export function createInFlight(): InFlight {
  const running = new Set<Promise<unknown>>()
  return {
    async track(work) {
      running.add(work)
      try {
        return await work
      } finally {
        running.delete(work)
      }
    },
    count: () => running.size,
    async drain(forMs) {
      let timer: NodeJS.Timeout | undefined
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, forMs)
      })
      const all = async (): Promise<void> => {
        while (running.size > 0) await Promise.allSettled(running)
      }
      await Promise.race([all(), deadline])
      clearTimeout(timer)
      return running.size
    },
  }
}
