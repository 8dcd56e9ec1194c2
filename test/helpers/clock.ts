import type { Clock } from '../../src/domain/ports/runtime.ts'

export interface TestClock extends Clock {
  advance(ms: number): void
  set(to: Date): void
}

/** A clock that stands still until told otherwise. It starts a little ahead, for rows dated by the database. */
export function createTestClock(start = new Date(Date.now() + 5000)): TestClock {
  let at = start.getTime()
  return {
    now: () => new Date(at),
    advance: (ms) => {
      at += ms
    },
    set: (to) => {
      at = to.getTime()
    },
  }
}
