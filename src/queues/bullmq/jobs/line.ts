import { z } from 'zod'

import { SKIP_REASONS, type JobEnd } from '../../../domain/job.ts'
import type { PauseStyle } from '../../../domain/pause.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import type { Script, ScriptArgument } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import { runGuarded, type JobsOf } from './guard.ts'

/** A queue in which jobs are put in line. */
export interface LineOf extends JobsOf {
  /** How the queue is paused: where jobs belong meanwhile. */
  readonly pauseStyle: () => Promise<PauseStyle>
}

/** A job with what a script is given for it; its end will name it by `id`. */
interface Entry {
  readonly id: string
  readonly args: readonly ScriptArgument[]
}

/** A script behind `in-line.lua`, with what it is given once per call. */
interface LineChange {
  readonly script: Script
  readonly pace: Pace
  readonly options: readonly ScriptArgument[]
  /** Each goes in front of those that wait: the last one is dealt with first. */
  readonly isFirst?: boolean
}

/** Of one call, beyond its first job. */
const MOST_BYTES = 1024 * 1024

const Reply = z.union([z.literal(''), z.enum(SKIP_REASONS), z.templateLiteral(['+', z.string()])])
const Replies = z.array(Reply)

/**
 * Changes each of these jobs once. They stand in line in this order, but for those of two calls that are under way at
 * once: where the earlier one runs out of time, its last jobs come behind the other's. Those that go first stand
 * exactly in this order.
 */
export async function changeInLine<Item>(
  line: LineOf,
  guard: Guard,
  { script, pace, options, isFirst = false }: LineChange,
  items: readonly Item[],
  toEntry: (item: Item) => Entry,
): Promise<readonly JobEnd[]> {
  if (items.length === 0) return []
  const style = await line.pauseStyle()
  const inTurn = isFirst ? items.toReversed() : items
  const ends = await inBatches(inTurn, pace, isFirst ? 1 : 2, async (batch) => {
    const entries = firstEntries(batch, toEntry)
    const args = [style, ...options, ...entries.flatMap((entry) => entry.args)]
    const keys = [line.keys.base]
    const replies = Replies.parse(await runGuarded(line, guard, { script, keys, args }))
    return replies.map((reply, index) => toEnd(entries[index]?.id ?? '', reply))
  })
  return isFirst ? ends.toReversed() : ends
}

/** As many as go into one call. */
function firstEntries<Item>(items: readonly Item[], toEntry: (item: Item) => Entry): Entry[] {
  const entries: Entry[] = []
  let bytes = 0
  for (const item of items) {
    if (bytes > MOST_BYTES) break
    const entry = toEntry(item)
    bytes += entry.args.reduce<number>((sum, each) => sum + sizeOf(each), 0)
    entries.push(entry)
  }
  return entries
}

const sizeOf = (argument: ScriptArgument): number =>
  typeof argument === 'number' ? 8 : argument.length

function toEnd(id: string, reply: z.infer<typeof Reply>): JobEnd {
  if (reply === '') return { id, skipped: null }
  return isRenamed(reply) ? { id, skipped: null, newId: reply.slice(1) } : { id, skipped: reply }
}

const isRenamed = (reply: string): reply is `+${string}` => reply.startsWith('+')
