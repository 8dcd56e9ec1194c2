import type { Deps } from '../deps.ts'

const QUIET_MS = 600_000
const MIB = 1024 * 1024

/**
 * Tells the ops channel that a delivery was too large to take: at most one message per source in each ten
 * minutes of the clock, over all replicas. Returns false when one was posted before.
 */
export async function announceOversized(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { source, bytes }: { readonly source: string; readonly bytes: number | null },
): Promise<boolean> {
  const now = clock.now()
  const key = `oversized:${source}:${Math.floor(now.getTime() / QUIET_MS)}`
  const size = bytes === null ? 'over 16 MiB' : `${Math.ceil(bytes / MIB)} MiB`
  return store.transaction(async ({ control, messages }) => {
    if (!(await control.claim(key, now))) return false
    await messages.put({
      key,
      target: { kind: 'ops' },
      content: {
        kind: 'ops_notice',
        words:
          `A delivery of \`${source}\` was refused: it had ${size}, and 16 MiB are the most. Its alerts are ` +
          'lost to Spillway. Make the sender split them, for example with `max_alerts` in Alertmanager.',
      },
      priority: 2,
    })
    return true
  })
}
