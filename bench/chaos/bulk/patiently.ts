import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 60_000

/** Asks again while a server is away; throws what it said last if it stays away. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}
