import {
  type Canary,
  type CanaryJob,
  type CanaryOutcome,
  canaryWords,
  countCanary,
} from '../../domain/canary.ts'
import { listing, plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Locale } from '../../domain/views.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code, mention, queueName, sentence } from './mrkdwn.ts'

/** Each line of a section has room to say what went wrong. */
const JOBS_PER_SECTION = 10

/** The first jobs of a vault set: what became of each, and what that proves. What needs a look comes first. */
export function renderCanary(canary: Canary, locale: Locale): Rendered {
  const { jobs, vault, ref, planNumber } = canary
  const title = `First ${plural(jobs.length, 'job')} of v${vault}`
  const byNeed = jobs.toSorted((a, b) => needOf(a.outcome) - needOf(b.outcome))
  const sections = Array.from({ length: Math.ceil(jobs.length / JOBS_PER_SECTION) }, (_, index) =>
    section(...byNeed.slice(index * JOBS_PER_SECTION, (index + 1) * JOBS_PER_SECTION).map(jobLine)),
  )
  const summary = sentence(isOver(canary) ? canaryWords(canary) : progressWords(canary), 500)
  return message(
    `${title}: ${summary}`,
    section(`*${title}* · ${queueName(ref)} · plan ${planNumber}`, summary),
    sections,
    context(`${mention(canary.by)} · ${timesLine(canary, locale)} · errors are redacted`),
  )
}

const isOver = ({ endedAt }: Canary): boolean => endedAt !== null

function progressWords({ jobs }: Canary): string {
  const { completed, known, fresh, open } = countCanary(jobs)
  const failed = known + fresh
  const parts = [
    `${completed} completed`,
    failed === 0 ? '' : `${failed} failed`,
    `${open} not over yet`,
  ].filter((part) => part !== '')
  return `${listing(parts)} so far.`
}

function timesLine({ until, endedAt }: Canary, { timeZone }: Locale): string {
  const at = (time: string) => clockTime(new Date(time), timeZone, new Date(until))
  return endedAt === null
    ? `watched until ${at(until)}`
    : `watched until it ended at ${at(endedAt)}`
}

function needOf(outcome: CanaryOutcome): number {
  if (outcome.kind === 'failed') return outcome.isKnown ? 1 : 0
  return outcome.kind === 'completed' ? 3 : 2
}

const jobLine = ({ id, type, outcome }: CanaryJob): string =>
  `${iconOf(outcome)} ${code(id, 60)} ${code(type, 60)} ${wordsOf(outcome)}`

function iconOf(outcome: CanaryOutcome): string {
  if (outcome.kind === 'completed') return ':white_check_mark:'
  if (outcome.kind === 'failed') return outcome.isKnown ? ':x:' : ':warning:'
  return outcome.kind === 'unseen' ? ':grey_question:' : ':hourglass_flowing_sand:'
}

function wordsOf(outcome: CanaryOutcome): string {
  switch (outcome.kind) {
    case 'completed':
      return 'completed'
    case 'active':
      return 'is being worked on'
    case 'waiting':
      return 'waits in line'
    case 'unseen':
      return 'not seen: gone without a trace of how it ended'
    case 'failed':
      return outcome.isKnown
        ? `failed as before: ${code(outcome.shape, 100)}`
        : `failed with another error: ${code(outcome.shape, 100)}`
  }
}
