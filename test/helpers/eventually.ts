import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until `check` gives a value other than false, null or undefined; fails after 20 s, naming `what`
 * and, if told how, what there was instead.
 */
export async function eventually<T>(
  what: string,
  check: () => Promise<T> | T,
  instead: () => unknown = () => null,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const value = await check()
    if (value !== false && value !== null && value !== undefined) {
      return value as Exclude<T, false | null | undefined>
    }
    if (Date.now() > deadline)
      throw new Error(`not within 20 s: ${what}; instead: ${JSON.stringify(instead())}`)
    await sleep(20)
  }
}

/** A promise that the test resolves when it likes. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
