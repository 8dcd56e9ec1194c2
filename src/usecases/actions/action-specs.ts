import type { ActionKind } from '../../domain/action.ts'
import type { ActionSpec } from './execution.ts'
import { pauseAction } from './pause.ts'
import { resumeAction } from './resume.ts'

/** Every action that there is; adding one is adding a line here. */
export const ACTIONS: Readonly<Record<ActionKind, ActionSpec>> = {
  pause: pauseAction,
  resume: resumeAction,
}
