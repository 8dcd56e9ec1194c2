import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100

/** Waits until `check` is true; throws after `withinMs`, naming `what`. */
export async function until(
  what: string,
  withinMs: number,
  check: () => Promise<boolean> | boolean,
): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await check()); await sleep(POLL_MS))
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
}
