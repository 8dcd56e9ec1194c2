import type { Plan } from '../../../domain/action.ts'
import { SKIP_REASONS, SKIP_WORDS } from '../../../domain/job.ts'
import type { Freeze } from '../../../domain/ports/store.ts'
import type { JobAccounts } from '../../../domain/ports/vault-store.ts'
import { queueKey, type QueueRef } from '../../../domain/queue.ts'
import { listing, plural, thousands } from '../../../domain/text.ts'

/** Whether every job is accounted for, and as many are where they should be. */
export const isExplained = (
  { planned, done, skipped, returned, open }: JobAccounts,
  found: number | null,
): boolean =>
  open === 0 && planned === done + skipped + returned && (found === null || found === done)

interface Told {
  readonly plan: Plan
  readonly ref: QueueRef
  /** `quarantined`. */
  readonly past: string
  readonly halt: {
    readonly stop: Plan['stop']
    readonly freeze: Freeze | null
    /** It made no progress for too long. */
    readonly isLate: boolean
  }
}

/** What became of the jobs of one queue, for people: who, how many, where they are, and why not the others. */
export function jobOutcomeWords(
  { plan, ref, past, halt }: Told,
  accounts: JobAccounts,
  checked: { readonly words: string; readonly found: number | null },
): string {
  const { done, planned, returned } = accounts
  const count =
    done === planned ? plural(done, 'job') : `${thousands(done)} of ${plural(planned, 'job')}`
  const unexplained = isExplained(accounts, checked.found)
    ? ''
    : unexplainedWords(plan.action, past, { done, found: checked.found ?? done })
  return [
    `<@${plan.actor.userId}> ${past} ${count} of \`${queueKey(ref)}\`${checked.words}.`,
    skippedWords(accounts),
    returned === 0
      ? ''
      : `${haltWords(halt)} ${plural(returned, 'job')} ${returned === 1 ? 'was' : 'were'} not touched.`,
    unexplained,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** None of what is unstuck can be lost: it stands in line, runs, or its next worker died as well. */
const unexplainedWords = (
  action: Plan['action'],
  past: string,
  { done, found }: { readonly done: number; readonly found: number },
): string =>
  action === 'unstick' && found < done
    ? `${plural(done - found, 'job')} ${done - found === 1 ? 'has' : 'have'} no worker again: look at the workers before the next try.`
    : `The numbers do not add up: ${thousands(done)} were ${past}, ${thousands(found)} were found.`

function haltWords({ stop, freeze, isLate }: Told['halt']): string {
  if (stop !== null) return `<@${stop.by.userId}> stopped it:`
  if (isLate) return 'It was interrupted for so long that it was not gone on with:'
  return freeze === null ? 'It ended early:' : `<@${freeze.by.userId}> froze all actions:`
}

/** What is known of jobs whose execution was given up. */
export function unfinishedWords({ planned, done, returned, open }: JobAccounts): string {
  const left =
    open === 0
      ? ''
      : `; of ${thousands(open)} it is not known yet, and this is told as soon as their system answers`
  return `Of ${plural(planned, 'job')} ${thousands(done)} were dealt with, ${thousands(returned)} not touched${left}.`
}

/** `10 skipped: 7 in the hands of a worker, 3 no longer in the queue.` */
function skippedWords({ skipped, reasons }: Pick<JobAccounts, 'skipped' | 'reasons'>): string {
  if (skipped === 0) return ''
  const parts = SKIP_REASONS.flatMap((reason) => {
    const count = reasons[reason] ?? 0
    return count === 0 ? [] : [`${thousands(count)} ${SKIP_WORDS[reason]}`]
  })
  return `${thousands(skipped)} skipped: ${listing(parts)}.`
}
