import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'

const HOUR_MS = 3_600_000
const REASON_MAX = 300

/**
 * Keeps a delivery as unreadable and tells the ops channel: one message per source and hour, which counts
 * them and names the latest. Call it in the transaction that claimed the delivery.
 */
export async function keepUnreadable(
  { clock, settings }: Pick<Deps, 'clock' | 'settings'>,
  store: Repositories,
  delivery: Delivery,
  reason: string,
): Promise<void> {
  const { id, source, receivedAt } = delivery
  const problem = reason.slice(0, REASON_MAX)
  await store.deliveries.finish([id], 'unreadable', problem, clock.now())
  const hour = new Date(Math.floor(receivedAt.getTime() / HOUR_MS) * HOUR_MS)
  const count = await store.deliveries.countUnreadable(source, hour)
  const since = clockTime(hour, settings.timeZone, receivedAt)
  await store.messages.put({
    key: `unreadable:${source}:${hour.toISOString().slice(0, 13)}`,
    target: { kind: 'ops' },
    content: {
      kind: 'ops_notice',
      words:
        `${plural(count, 'request')} to /alerts/${source} could not be read since ${since}. The latest: ${problem} ` +
        `(delivery ${id}). It is kept; no incident was opened for it. ` +
        `\`${settings.commands.incident} list\` shows the latest.`,
    },
    priority: 1,
  })
}
