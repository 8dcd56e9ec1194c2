import type { Endpoint } from './endpoint.ts'
import { Line } from './line.ts'
import type { Reply } from './reply-reader.ts'

/** Encoded commands out, replies back, in order. For reads alone: what was sent before a break may have run. */
export interface Wire {
  /**
   * Resolves with the `count` replies to these commands, problems among them. Rejects if Redis cannot be
   * reached or does not answer in two seconds. Any number of callers may ask at once.
   */
  ask(request: Buffer | string, count: number): Promise<readonly Reply[]>
  close(): void
}

/** Connects with the first question, and again with the first one after the connection broke. */
export function openWire(endpoint: Endpoint): Wire {
  let current: Line | null = null
  let isClosed = false
  const dial = (): Line => {
    const line = new Line(endpoint, () => {
      if (current === line) current = null
    })
    return line
  }
  return {
    async ask(request, count) {
      if (isClosed) throw new Error('the connection is down')
      current ??= dial()
      const line = current
      await line.ready
      return line.ask(request, count)
    },
    close() {
      isClosed = true
      current?.giveUp(new Error('the connection is down'))
    },
  }
}
