import { inWords, unknown, type Answer } from './answer.ts'

/**
 * Asks for at most `ms`, or until `closing`: then `signal` is aborted, and nothing is known, whatever the
 * other side says later.
 */
export async function within(
  ms: number,
  closing: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  if (closing.aborted) return STOPPING
  const own = new AbortController()
  const abort = (): void => own.abort()
  const timer = setTimeout(abort, ms)
  closing.addEventListener('abort', abort, { once: true })
  try {
    return await orAborted(ask(own.signal), own.signal)
  } catch (error) {
    if (!own.signal.aborted) throw error
    return closing.aborted ? STOPPING : unknown(`no answer in ${inWords(ms)}`)
  } finally {
    clearTimeout(timer)
    closing.removeEventListener('abort', abort)
  }
}

const STOPPING = unknown('not asked to the end, for Spillway is stopping')

/** Rejects as soon as the signal is aborted; what the work says after that is ignored. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController()
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(new Error('aborted'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true, signal: over.signal })
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    over.abort()
  }
}
