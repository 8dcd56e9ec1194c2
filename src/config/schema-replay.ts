import { z } from 'zod'

import { ALL_TIERS } from '../domain/policy.ts'
import { DEFAULT_RECOVERY, DEFAULT_REPLAY } from '../domain/settings.ts'
import { duration, flag, listOf, rampStep, section, share, whole } from './values.ts'

const MANY = 1_000_000_000

/** How jobs are replayed where nobody says otherwise. */
export const replay = section({
  ramp: z
    .array(rampStep)
    .min(1)
    .max(20)
    .default([...DEFAULT_REPLAY.steps]),
  in_flight: whole(1, MANY).nullable().default(DEFAULT_REPLAY.inFlight),
  per_minute: whole(1, MANY).nullable().default(DEFAULT_REPLAY.perMinute),
  watch: duration.default(DEFAULT_REPLAY.watchMs),
  patience: duration.default(DEFAULT_REPLAY.patienceMs),
  success: share.default(DEFAULT_REPLAY.success),
  by_hand: listOf(z.enum(ALL_TIERS)).default([...DEFAULT_REPLAY.byHand]),
  max_wait: duration.default(DEFAULT_REPLAY.maxWaitMs),
})

/** When a queue counts as recovered. */
export const recovery = section({
  for: duration.default(DEFAULT_RECOVERY.forMs),
  max_failed: whole(1, MANY).default(DEFAULT_RECOVERY.maxFailed),
  success: share.default(DEFAULT_RECOVERY.success),
  resolves: flag.default(DEFAULT_RECOVERY.resolves),
})
