import type { JobEnd } from '../../../domain/job.ts'
import type { Destination, Guard, PutJob } from '../../../domain/ports/job-operator.ts'
import { loadScript } from '../scripts.ts'
import type { Pace } from './batches.ts'
import { decodeContent, type JobParts } from './content.ts'
import { changeInLine, type LineOf } from './line.ts'
import { packTexts } from './pack.ts'

const script = loadScript('put', 'guard', 'clock', 'in-line')

/** What BullMQ takes away when it retries a job; an earlier failure of a job that still waits stays. */
const OF_AN_END = new Set(['failedReason', 'returnvalue', 'finishedOn', 'processedOn'])
/** BullMQ 4 counts in `attemptsMade`, the others in `atm` and `ats`. */
const OF_ATTEMPTS = new Set(['attemptsMade', 'atm', 'ats'])

/** A delayed job's score is its due time in ms, times this, plus a counter. */
const SCORES_PER_MS = 0x1000

type Field = JobParts['fields'][number]

/** Where a job goes: in line, or into a sorted set with a score. */
interface Place {
  readonly where: 'line' | 'prioritized' | 'delayed' | 'failed' | 'completed'
  readonly score: string
}

/**
 * Puts whole jobs into a queue, each once per key: fields, options and logs byte for byte.
 *
 * To `run`, a job stands in line by its priority, behind the others of the same (`lifo` and `isFirst` in front); a delayed one
 * waits on until its former due time; one that had ended loses its result or failure, as by a retry.
 * `as_it_was`: failed, completed, delayed and prioritized jobs get their former score, and so their place; waiting
 * ones stand behind those that wait by now, for nothing tells where they stood.
 *
 * An id that is in use is skipped as `id_taken` in the job's own queue; elsewhere the job gets the next number of
 * that queue, also inside its options. Deduplication keys are left alone, for only jobs that did not own one are
 * taken. Where its parent is there (again) and not ended, but does not wait for it, a job is skipped as `child`;
 * without a parent, or with one that completed, it runs on its own, as BullMQ lets it.
 */
export const putJobs = (
  line: LineOf,
  guard: Guard,
  pace: Pace,
  jobs: readonly PutJob[],
  destination: Destination,
  now: Date,
): Promise<readonly JobEnd[]> => {
  const { isElsewhere, isFirst = false } = destination
  const change = { script, pace, options: [isElsewhere ? 1 : 0, isFirst ? 1 : 0], isFirst }
  return changeInLine(line, guard, change, jobs, (job) => ({
    id: job.key,
    args: [packJob(job, destination, now)],
  }))
}

/** Empty for what is no job: the script leaves it as `unreadable`, and the others are put. */
function packJob({ key, id, content }: PutJob, destination: Destination, now: Date): Buffer | '' {
  const parts = partsIn(content)
  if (parts === null) return ''
  const { where, score } = placeOf(parts, destination, now)
  const fields = fieldsOf(parts, destination, where)
  const [from, to] = ownId(fields, id)
  const numbers = [from, to, fields.length].map(String)
  return packTexts([key, id, where, score, ...numbers, ...fields.flat(), ...parts.logs])
}

function partsIn(content: string): JobParts | null {
  try {
    return decodeContent(content)
  } catch {
    return null
  }
}

function placeOf({ state, score }: JobParts, { how }: Destination, now: Date): Place {
  if (score === null || state === 'waiting' || state === 'active')
    return { where: 'line', score: '' }
  const isAhead = state === 'delayed' && Number(score) / SCORES_PER_MS > now.getTime()
  return how === 'as_it_was' || isAhead ? { where: state, score } : { where: 'line', score: '' }
}

function fieldsOf(
  { state, fields }: JobParts,
  { how, resetsAttempts }: Destination,
  where: Place['where'],
): readonly Field[] {
  if (how === 'as_it_was') return fields
  const hasEnded = state === 'failed' || state === 'completed'
  const kept = fields.filter(
    ([name]) => !(hasEnded && OF_AN_END.has(name)) && !(resetsAttempts && OF_ATTEMPTS.has(name)),
  )
  if (state !== 'delayed' || where === 'delayed') return kept
  return kept.map(([name, value]) => [name, name === 'delay' ? Buffer.from('0') : value])
}

/** Where the options, in bytes, name the id that was chosen for the job: before and after it; 0 if they do not. */
function ownId(fields: readonly Field[], id: string): readonly [from: number, to: number] {
  const options = fields.find(([name]) => name === 'opts')?.[1].toString('latin1')
  // In latin1 a character is a byte, so that positions are those of Lua.
  for (const match of options?.matchAll(/"jobId":("(?:[^"\\]|\\.)*")/g) ?? []) {
    const text = match[1] ?? ''
    if (jsonOf(Buffer.from(text, 'latin1').toString('utf8')) === id) {
      const from = match.index + '"jobId":"'.length
      return [from, from + text.length - 2]
    }
  }
  return [0, 0]
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
