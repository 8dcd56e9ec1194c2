/** Longer than every orderly stop: whoever hangs then is ended. */
const DEADLINE_MS = 30_000

/**
 * Resolves at the first SIGTERM or SIGINT. From then on the process has a deadline, and a second signal
 * ends it at once.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false
    const onSignal = (): void => {
      if (isStopping) process.exit(130)
      isStopping = true
      setTimeout(() => process.exit(1), DEADLINE_MS).unref()
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}
