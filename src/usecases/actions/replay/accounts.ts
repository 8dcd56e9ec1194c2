import type { JobAccounts } from '../../../domain/ports/vault-store.ts'
import type { Replay } from '../../../domain/replay.ts'

/** Every planned job in one bucket: what was put in line and taken back is returned, like what never was. */
export function replayAccounts(slices: JobAccounts, { waves }: Replay): JobAccounts {
  const back = waves.reduce((sum, { counts }) => sum + counts.returned, 0)
  return { ...slices, done: slices.done - back, returned: slices.returned + back }
}
