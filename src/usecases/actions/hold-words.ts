import type { Hold } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'

/** `until 14:27 (30 min)`; `endless` where it has no end. */
export function untilWords(
  deps: Pick<Deps, 'settings' | 'clock'>,
  hold: Hold | undefined,
  endless: string,
): string {
  const endsAt = hold?.endsAt ?? null
  if (hold === undefined || endsAt === null) return endless
  const length = formatDuration(endsAt.getTime() - hold.startedAt.getTime())
  return `until ${clockTime(endsAt, deps.settings.timeZone, deps.clock.now())} (${length})`
}
