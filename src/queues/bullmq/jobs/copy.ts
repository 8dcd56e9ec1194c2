import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'

import { z } from 'zod'

import { SKIP_REASONS, type JobState, type SkipReason } from '../../../domain/job.ts'
import type { Copied } from '../../../domain/ports/job-operator.ts'
import { loadScript, runScriptForBytes } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import { encodeContent, type JobParts } from './content.ts'
import { toFacts } from './facts.ts'
import type { JobsOf } from './guard.ts'
import { unpackLists } from './packed.ts'

const script = loadScript('copy', 'clock', 'look')

/** Of one answer: it is read in one go. */
const MOST_BYTES = 1024 * 1024

const Bytes = z.instanceof(Buffer)
const Replies = z.array(
  z.union([
    z.tuple([Bytes, Bytes, Bytes]),
    Bytes.transform((bytes) => bytes.toString()).pipe(z.enum(SKIP_REASONS)),
  ]),
)
type Found = readonly [content: Buffer, digest: Buffer, score: Buffer]

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
    return Replies.parse(reply).map((found, index) => toCopied(batch[index] ?? '', state, found))
  })
}

function toCopied(id: string, state: JobState, found: Found | SkipReason): Copied {
  if (typeof found === 'string') return { id, skipped: found }
  const [packed, digest, score] = found
  const parts = toParts(state, packed, score.toString())
  // A name that is no text is nothing that any BullMQ wrote.
  if (parts === null) return { id, skipped: 'unreadable' }
  const field = new Map(parts.fields)
  const text = (name: string) => field.get(name)?.toString('utf8') ?? ''
  const facts = toFacts(id, state, {
    name: text('name'),
    timestamp: text('timestamp'),
    finishedOn: text('finishedOn'),
    attempts: text('atm') || text('attemptsMade'),
    priority: text('priority'),
    failedReason: text('failedReason'),
    stacktrace: text('stacktrace'),
    data: text('data'),
  })
  const content = encodeContent(parts)
  return {
    id,
    copy: {
      facts,
      content,
      payloadHash: hash('sha256', field.get('data') ?? '', 'hex'),
      digest: digest.toString(),
      sizeBytes: Buffer.byteLength(content),
    },
  }
}

function toParts(state: JobState, packed: Buffer, score: string): JobParts | null {
  const [pairs = [], logs = []] = unpackLists(packed)
  const fields: (readonly [string, Buffer])[] = []
  for (let at = 0; at < pairs.length; at += 2) {
    const [name, value] = [pairs[at], pairs[at + 1]]
    if (!name || !value || !isUtf8(name)) return null
    fields.push([name.toString('utf8'), value])
  }
  return {
    state,
    score: score === '' ? null : score,
    fields,
    logs: logs.filter((line) => line !== null),
  }
}
