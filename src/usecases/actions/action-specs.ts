import type { ActionKind } from '../../domain/action.ts'
import type { ActionSpec } from './execution.ts'
import { discardAction } from './jobs/discard.ts'
import { prioritizeAction, promoteAction, retryAction } from './jobs/in-place.ts'
import { moveAction } from './jobs/move.ts'
import { cleanAction, drainAction, quarantineAction } from './jobs/quarantine.ts'
import { releaseAction } from './jobs/release.ts'
import { unstickAction } from './jobs/unstick.ts'
import { pauseAction } from './pause.ts'
import { replayAction } from './replay/replay-action.ts'
import { resumeAction } from './resume.ts'
import { throttleAction } from './throttle.ts'
import { unthrottleAction } from './unthrottle.ts'

/** Every action that there is; adding one is adding a line here. */
export const ACTIONS: Readonly<Record<ActionKind, ActionSpec>> = {
  pause: pauseAction,
  resume: resumeAction,
  throttle: throttleAction,
  unthrottle: unthrottleAction,
  quarantine: quarantineAction,
  clean: cleanAction,
  drain: drainAction,
  release: releaseAction,
  replay: replayAction,
  discard: discardAction,
  retry: retryAction,
  promote: promoteAction,
  move: moveAction,
  prioritize: prioritizeAction,
  unstick: unstickAction,
}
