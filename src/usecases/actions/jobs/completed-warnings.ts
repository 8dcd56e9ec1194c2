import type { JobOptions } from '../../../domain/action.ts'
import { type JobAction, runsFromVault } from '../../../domain/job-actions.ts'
import { thousands } from '../../../domain/text.ts'
import type { Found } from './found.ts'

/**
 * What has to be said before jobs of the vault run: which of them had completed, and would be done twice; and
 * that `left` others stay in the vault for that.
 */
export function completedWarnings(
  action: JobAction,
  options: JobOptions,
  { groups, left }: Pick<Found, 'groups'> & { readonly left: number },
): readonly string[] {
  if (!runsFromVault(action, options)) return []
  const again = groups.reduce(
    (sum, { state, ids }) => sum + (state === 'completed' ? ids.length : 0),
    0,
  )
  return [
    ...(again === 0
      ? []
      : [
          `${thousands(again)} of them had completed; ${again === 1 ? 'it' : 'they'} would run again.`,
        ]),
    ...(left === 0
      ? []
      : [
          `${thousands(left)} that had completed ${left === 1 ? 'stays' : 'stay'} in the vault: \`release v${options.vault ?? ''} as-it-was\` puts them back without running them.`,
        ]),
  ]
}
