import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'

import { z } from 'zod'

import { SKIP_REASONS, type JobState, type SkipReason } from '../../../domain/job.ts'
import type { Copied } from '../../../domain/ports/job-operator.ts'
import { loadScript, runScriptForBytes } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import { encodeContent, type JobParts } from './content.ts'
import { factsOfParts } from './facts.ts'
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
    let names: readonly Buffer[] = []
    return Replies.parse(reply).map((found, index): Copied => {
      const id = batch[index] ?? ''
      if (typeof found === 'string') return { id, skipped: found }
      const [packed, digest, score, ownNames] = found
      names = ownNames ?? names
      const parts = toParts(state, names, packed, score.toString())
      return toCopied(id, digest.toString(), parts)
    })
  })
}

function toCopied(id: string, digest: string, parts: JobParts | null): Copied {
  // A name that is no text is nothing that any BullMQ wrote.
  if (parts === null) return { id, skipped: 'unreadable' satisfies SkipReason }
  const content = encodeContent(parts)
  const payload = parts.fields.find(([name]) => name === 'data')?.[1] ?? ''
  return {
    id,
    copy: {
      facts: factsOfParts(id, parts),
      content,
      payloadHash: hash('sha256', payload, 'hex'),
      digest,
      sizeBytes: Buffer.byteLength(content),
    },
  }
}

function toParts(
  state: JobState,
  names: readonly Buffer[],
  packed: Buffer,
  score: string,
): JobParts | null {
  const [values = [], logs = []] = unpackLists(packed)
  if (!names.every((name) => isUtf8(name))) return null
  return {
    state,
    score: score === '' ? null : score,
    fields: names.map((name, index) => [name.toString('utf8'), values[index] ?? Buffer.alloc(0)]),
    logs,
  }
}
