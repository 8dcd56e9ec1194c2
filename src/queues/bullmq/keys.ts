/** The Redis keys of one queue, for scripts that take them in this order. */
export interface QueueKeys {
  readonly base: string
  readonly wait: string
  readonly paused: string
  readonly meta: string
  readonly marker: string
  readonly events: string
  readonly prioritized: string
  readonly delayed: string
  readonly active: string
  readonly failed: string
  readonly completed: string
}

export function queueKeys(prefix: string, queue: string): QueueKeys {
  const base = `${prefix}:${queue}:`
  return {
    base,
    wait: `${base}wait`,
    paused: `${base}paused`,
    meta: `${base}meta`,
    marker: `${base}marker`,
    events: `${base}events`,
    prioritized: `${base}prioritized`,
    delayed: `${base}delayed`,
    active: `${base}active`,
    failed: `${base}failed`,
    completed: `${base}completed`,
  }
}

/** A prefix may hold characters that MATCH reads as a pattern. */
export const escapeGlob = (text: string): string => text.replace(/[\\*?[\]^]/g, '\\$&')

/**
 * The queue of a `…:meta` or `…:id` key, or null. A name keeps its colons, so the known prefix and suffix
 * are taken off and nothing is split. Keys of relays (`{prefix}::relay:…`) are no queues.
 */
export function queueOfKey(prefix: string, key: string): string | null {
  const suffix = [':meta', ':id'].find((end) => key.endsWith(end))
  if (suffix === undefined || !key.startsWith(`${prefix}:`)) return null
  const name = key.slice(prefix.length + 1, -suffix.length)
  return name === '' || name.startsWith(':relay:') ? null : name
}
