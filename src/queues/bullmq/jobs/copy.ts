import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'

import { z } from 'zod'

import { SKIP_REASONS, type JobState } from '../../../domain/job.ts'
import type { Copied, JobCopy } from '../../../domain/ports/job-operator.ts'
import { loadScript, runScriptForBytes } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import { toBytes, toText, writeContent, type JobTexts } from './content.ts'
import { factsOfTexts } from './facts.ts'
import type { JobsOf } from './guard.ts'
import { unpackLists } from './packed.ts'

const script = loadScript('copy', 'clock', 'ties', 'look')

/** Of one answer: it is read in one go. */
const MOST_BYTES = 1024 * 1024

const Bytes = z.instanceof(Buffer)
const Reason = Bytes.transform(String).pipe(z.enum(SKIP_REASONS))
/** Values and logs, digest, score; then the names of the fields, where they are not those of the job before. */
const Whole = z.union([
  z.tuple([Bytes, Bytes, Bytes]),
  z.tuple([Bytes, Bytes, Bytes, z.array(Bytes)]),
])
const Replies = z.array(z.union([Whole, Reason]))

/**
 * Whole jobs that may be taken, or why they may not. A job of a list may have left it by now: that shows when it
 * is taken. Jobs above 2 MB are `too_large`: the digest of one takes Redis ten milliseconds.
 */
export async function copyJobs(
  { connection, keys }: JobsOf,
  pace: Pace,
  state: JobState,
  ids: readonly string[],
): Promise<readonly Copied[]> {
  if (state === 'active') return ids.map((id) => ({ id, skipped: 'active' }))
  const set = state === 'waiting' ? keys.base : keys[state]
  return inBatches(ids, pace, 2, async (batch) => {
    const reply = await connection.run((redis) =>
      runScriptForBytes(redis, script, [keys.base, set], [MOST_BYTES, ...batch]),
    )
    let names: readonly string[] | null = null
    return Replies.parse(reply).map((found, index): Copied => {
      const id = batch[index] ?? ''
      if (typeof found === 'string') return { id, skipped: found }
      const [packed, digest, score, ownNames] = found
      if (ownNames !== undefined) names = toNames(ownNames)
      // A name that is no text is nothing that any BullMQ wrote.
      if (names === null) return { id, skipped: 'unreadable' }
      return { id, copy: toCopy(id, digest.toString(), toTexts(state, names, packed, score)) }
    })
  })
}

function toCopy(id: string, digest: string, texts: JobTexts): JobCopy {
  const content = writeContent(texts)
  const payload = texts.fields.find(([name]) => name === 'data')?.[1] ?? ''
  return {
    facts: factsOfTexts(id, texts),
    content,
    payloadHash: hash('sha256', typeof payload === 'string' ? payload : toBytes(payload), 'hex'),
    digest,
    sizeBytes: Buffer.byteLength(content),
  }
}

const toNames = (names: readonly Buffer[]): readonly string[] | null =>
  names.every((name) => isUtf8(name)) ? names.map(String) : null

function toTexts(
  state: JobState,
  names: readonly string[],
  packed: Buffer,
  score: Buffer,
): JobTexts {
  const [values = [], logs = []] = unpackLists(packed, (from, to) => toText(packed, from, to))
  return {
    state,
    score: score.length === 0 ? null : score.toString(),
    fields: names.map((name, index) => [name, values[index] ?? '']),
    logs,
  }
}
