import { backlog, type Counts, type QueueOverview } from './queue.ts'
import { plural, thousands } from './text.ts'

/** Whether all jobs can be accounted for; null when the counts cannot tell. */
export interface Accounting {
  readonly isAsPlanned: boolean | null
  /** One sentence or two, for people. */
  readonly words: string
}

/** Jobs that are still to end: a pause or resume may move them, and must not lose one. */
const unfinished = (counts: Counts): number =>
  backlog(counts) + counts.active + counts.delayed + counts.waitingChildren

/**
 * Compares a queue before and after a pause or resume, which add and remove no job. What was unfinished must
 * be unfinished still, or have completed or failed. Counts know no names: jobs added meanwhile may hide as
 * many lost ones, so `true` means that none is missing by the count. `false` only where nobody can have
 * worked: a worker may remove jobs as they end (`removeOnComplete`), and then fewer jobs are no lost jobs.
 */
export function countsAsPlanned(before: QueueOverview, after: QueueOverview): Accounting {
  const had = unfinished(before.counts)
  const has = unfinished(after.counts)
  const completed = after.counts.completed - before.counts.completed
  const failed = after.counts.failed - before.counts.failed
  const sum = sumWords(had, has, Math.max(0, completed), Math.max(0, failed))
  const missing = had - has - Math.max(0, completed) - Math.max(0, failed)
  if (missing > 0) return missingJobs(before, after, missing, sum)
  // What was retried meanwhile is in line again, and may stand where others are gone.
  const unsure = missing - Math.min(0, failed)
  if (unsure <= 0) return { isAsPlanned: true, words: `No job is missing by the count: ${sum}.` }
  const back = plural(-failed, 'failed job')
  return {
    isAsPlanned: null,
    words: `The counts cannot tell whether a job is missing: ${sum}, but ${back} left the failed list meanwhile, retried or removed by others.`,
  }
}

function missingJobs(
  before: QueueOverview,
  after: QueueOverview,
  missing: number,
  sum: string,
): Accounting {
  const jobs = plural(missing, 'job')
  if (!after.isKnown)
    return {
      isAsPlanned: false,
      words: `${jobs} and the queue itself are gone: somebody or something else removed them meanwhile.`,
    }
  if (couldWork(before) || couldWork(after))
    return {
      isAsPlanned: null,
      words: `The counts cannot tell whether a job is missing: ${sum}; workers may have ended ${jobs} that are removed as they end.`,
    }
  return {
    isAsPlanned: false,
    words: `${jobs} ${missing === 1 ? 'is' : 'are'} missing: ${sum}. No worker was connected, so somebody or something else removed them.`,
  }
}

const couldWork = ({ workers, counts }: QueueOverview): boolean =>
  workers === null || workers > 0 || counts.active > 0

function sumWords(had: number, has: number, completed: number, failed: number): string {
  const ended = [
    ...(completed > 0 ? [`${thousands(completed)} more completed`] : []),
    ...(failed > 0 ? [`${thousands(failed)} more failed`] : []),
  ]
  return [`${plural(had, 'unfinished job')} before, ${thousands(has)} after`, ...ended].join(', ')
}
