import { endedGate, newErrorsGate, successGate } from './replay-evidence.ts'
import type { Observed } from './replay-observed.ts'
import {
  alertsGate,
  liveGate,
  probeGates,
  redisGate,
  runningGate,
  waitingGate,
  workersGate,
} from './replay-surroundings.ts'
import type { Gate } from './replay.ts'

/** What is looked at before a wave is followed by the next: its own jobs first, then what is around them. */
export const gatesOf = (seen: Observed): readonly Gate[] => [
  successGate(seen),
  newErrorsGate(seen),
  endedGate(seen),
  liveGate(seen),
  waitingGate(seen),
  workersGate(seen),
  runningGate(seen),
  redisGate(seen),
  ...probeGates(seen),
  alertsGate(seen),
]
