import type { PauseHazard } from './queue.ts'

/** A BullMQ major whose pauses, resumes and adds differ from the others'. */
type BullmqMajor = 4 | 5 | 6

/**
 * `list` is the way of BullMQ 4 and 5: what waits is set aside in the `paused` list, and the flag is set.
 * `flag` is the way of BullMQ 6: the flag alone, which workers of BullMQ 4 do not look at.
 */
export type PauseStyle = 'list' | 'flag'

/** What is known of those who write a queue, from its metadata, its connections and the configuration. */
export interface PauseFacts {
  readonly isPaused: boolean
  /** Jobs in the `wait` list, markers left out. */
  readonly waiting: number
  /** Jobs in the legacy `paused` list. */
  readonly aside: number
  /** E.g. `bullmq:5.79.4`: the last one that opened the queue, which need not be a worker. */
  readonly libraryVersion: string | null
  /** As configured; null where the operator does not say. */
  readonly majors: readonly BullmqMajor[] | null
  /** Connected workers that block as only BullMQ 4 and older do; null where connections cannot be listed. */
  readonly v4Workers: number | null
}

/** The major in `bullmq:5.79.4` (and in the names of its variants); null if it says none. */
export function libraryMajor(version: string | null): number | null {
  const digits = version === null ? null : /^[a-z-]+:(\d{1,3})\./.exec(version)
  return digits?.[1] === undefined ? null : Number(digits[1])
}

/**
 * How to pause so that jobs stay and are safe from other tools. The way of 5 unless the queue is known to
 * be written by 6 only: there a `paused` list would hide the backlog from its dashboards, and adds go to
 * `wait` all the same. A worker of 4 seen at the queue, or jobs set aside already, outweigh the metadata.
 */
export function pauseStyle(facts: Omit<PauseFacts, 'isPaused' | 'waiting'>): PauseStyle {
  if (facts.majors !== null && facts.majors.length > 0) {
    return facts.majors.every((major) => major === 6) ? 'flag' : 'list'
  }
  const isSix = (libraryMajor(facts.libraryVersion) ?? 0) >= 6
  return isSix && facts.aside === 0 && (facts.v4Workers ?? 0) === 0 ? 'flag' : 'list'
}

/** How the pause of a queue, set or about to be, can lose jobs or fail to hold. Worst first. */
export function pauseHazards(facts: PauseFacts): readonly PauseHazard[] {
  return RULES.flatMap(([code, applies, explanation]) =>
    applies(facts) ? [{ code, explanation }] : [],
  )
}

type Rule = readonly [PauseHazard['code'], (facts: PauseFacts) => boolean, string]

const isStranded = (facts: PauseFacts) => !facts.isPaused && facts.aside > 0

const hasV4 = (facts: PauseFacts) =>
  (facts.v4Workers ?? 0) > 0 || (facts.majors?.includes(4) ?? false)

const hasSix = (facts: PauseFacts) =>
  facts.majors?.includes(6) ?? (libraryMajor(facts.libraryVersion) ?? 0) >= 6

const isMixed = (facts: PauseFacts) =>
  (facts.isPaused && facts.aside > 0 && facts.waiting > 0) ||
  (hasSix(facts) && (hasV4(facts) || (facts.majors?.includes(5) ?? false)))

/** Jobs in `wait` that workers of 4 take, whatever the flag says. */
const isIgnored = (facts: PauseFacts) =>
  hasV4(facts) &&
  (facts.isPaused ? facts.waiting > 0 || hasSix(facts) : pauseStyle(facts) === 'flag')

const RULES: readonly Rule[] = [
  [
    'stranded_jobs',
    isStranded,
    'Jobs are set aside in the paused list while the queue is not paused: no worker will take them until they are put back in line.',
  ],
  [
    'v4_workers_ignore_flag',
    isIgnored,
    'Workers of BullMQ 4 do not look at the pause flag: they go on taking jobs from the wait list.',
  ],
  [
    'mixed_writers',
    isMixed,
    'BullMQ 6 and an older BullMQ both write this queue: while paused, jobs collect in two lists. A resume or a second pause by BullMQ 4 or 5 then overwrites one of them and loses its jobs.',
  ],
  [
    'foreign_resume',
    (facts) => facts.isPaused && facts.aside > 0 && (facts.waiting > 0 || hasSix(facts)),
    'Resume this queue with Spillway only: a resume by BullMQ 4 or 5, such as an older dashboard, loses the jobs added to the wait list meanwhile.',
  ],
  [
    'version_unknown',
    (facts) => facts.libraryVersion === null && facts.majors === null,
    'The BullMQ version of this queue is not known: it is paused the way that holds for 4, 5 and 6. Set `majors` in the configuration to be sure.',
  ],
]
