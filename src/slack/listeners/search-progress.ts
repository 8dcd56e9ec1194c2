import type { ActionKind } from '../../domain/action.ts'

/** Until then nobody takes a search for stuck; afterwards it is told so often how far it is. */
const SILENCE_MS = 3000

/**
 * Tells how far a long search is, 0 to 1, one telling after the other. What is shown last must be what was found:
 * wait for `shown` before that. `now` in ms.
 */
export function searchProgress(
  show: (action: ActionKind, share: number) => Promise<unknown>,
  now: () => number,
) {
  let toldAt = now()
  let showing: Promise<void> | null = null
  const tell = async (action: ActionKind, share: number): Promise<void> => {
    await show(action, share)
    toldAt = now()
    showing = null
  }
  return {
    onProgress: (action: ActionKind, share: number): void => {
      if (showing === null && now() - toldAt >= SILENCE_MS) showing = tell(action, share)
    },
    shown: async (): Promise<void> => {
      await showing
    },
  }
}
