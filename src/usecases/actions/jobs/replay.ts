import { CANARY_WATCH_MS } from '../../../domain/canary.ts'
import { formatDuration } from '../../../domain/duration.ts'
import { beginWatch } from '../canary-watch.ts'
import type { ActionSpec } from '../execution.ts'
import { jobAction } from './job-action.ts'
import { releaseSlice } from './release.ts'

/**
 * A canary of the vault: chosen when it was planned, put back as a release does it, then watched. The plan ends
 * when its jobs are in line, so that nothing keeps people from stopping the queue while they run.
 */
export const replayAction: ActionSpec = {
  ...jobAction({
    kind: 'replay',
    carryOutSlice: releaseSlice,
    check: async () => ({
      words: `; what becomes of each is watched for up to ${formatDuration(CANARY_WATCH_MS)}`,
      found: null,
    }),
  }),
  settle: beginWatch,
}
