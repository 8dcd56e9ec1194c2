import type { JobAccount, JobAccountKind } from '../../domain/job-accounts.ts'
import { SKIP_WORDS } from '../../domain/job.ts'
import { listing, thousands } from '../../domain/text.ts'
import { exactTime } from '../../domain/time.ts'
import type { OutcomeGroup, OutcomesView } from '../../domain/views-jobs.ts'
import type { Locale } from '../../domain/views.ts'
import { outcomesCommand } from '../../usecases/jobs/send-outcomes.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code } from './mrkdwn.ts'
import { deed } from './plan-words.ts'
import { vaultName } from './vault.ts'

/** Every reason has a line in one section; the ids share what room there is. */
const ID_LENGTH = 40

const WORDS: Readonly<Record<Exclude<JobAccountKind, 'skipped'>, string>> = {
  done: 'done',
  returned: 'returned, never begun',
  in_doubt: 'in doubt until their system answers',
  open: 'still to come',
}

/** What became of the jobs of a plan, by reason, with the first few of each; and how to get all of them. */
export function renderOutcomes({ plan, groups, at }: OutcomesView, locale: Locale): Rendered {
  const title = `${deed(plan)}, plan ${plan.number}`
  const isAcross = plan.queues.length > 1
  return message(
    title,
    section(`*${title}*`, plan.finishedAt === null ? 'It is not over.' : null),
    groups.map((group) => section(...groupLines(group, isAcross))),
    context(
      `Every job, one a line: ${code(outcomesCommand(plan.number), 200)} where Spillway runs.`,
      `as of ${exactTime(at, locale.timeZone)}`,
    ),
  )
}

function groupLines(group: OutcomeGroup, isAcross: boolean): readonly string[] {
  const { count, reason, outcome, first } = group
  const words =
    outcome === 'skipped' ? `skipped: ${reason === null ? '' : SKIP_WORDS[reason]}` : WORDS[outcome]
  const rest = count - first.length
  const names = first.map((account) => jobName(account, isAcross))
  const more = rest > 0 && names.length > 0 ? [`${thousands(rest)} more`] : []
  return [`*${thousands(count)}* ${words}`, listing([...names, ...more])]
}

function jobName({ job, newId, queue, vault }: JobAccount, isAcross: boolean): string {
  const parts = [
    isAcross ? ` of ${code(queue, ID_LENGTH)}` : '',
    newId === null ? '' : ` → ${code(newId, ID_LENGTH)}`,
    vault === null ? '' : ` (${vaultName(vault)})`,
  ]
  return `${code(job, ID_LENGTH)}${parts.join('')}`
}
