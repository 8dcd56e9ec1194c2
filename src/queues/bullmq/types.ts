import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { Sampled, TypeShare } from '../../domain/queue.ts'
import type { Connection } from './connection.ts'
import type { QueueKeys } from './keys.ts'
import { runScript, scripts } from './scripts.ts'

const SAMPLE = 1000
const BLOCK = 50
const BLOCKS_PER_CALL = 5
/** Half of what fits into five milliseconds of Redis time on a slow day. */
const SLICE = 250
const TOP = 20

const Reply = z.tuple([z.array(z.string()), z.array(z.number()), z.number()])

/** One of the places where jobs wait. */
export interface Place {
  readonly key: string
  readonly kind: 'list' | 'zset'
  readonly length: number
}

class Tally {
  readonly #counts = new Map<string, number>()
  #looked = 0

  add(reply: unknown): void {
    const [types, counts, looked] = Reply.parse(reply)
    for (const [index, type] of types.entries()) {
      this.#counts.set(type, (this.#counts.get(type) ?? 0) + (counts[index] ?? 0))
    }
    this.#looked += looked
  }

  result(total: number, isExact: boolean): Sampled<TypeShare> {
    const items = [...this.#counts]
      .map(([type, count]) => ({ type, count }))
      .toSorted((a, b) => b.count - a.count || a.type.localeCompare(b.type))
    return { items: items.slice(0, TOP), looked: this.#looked, total, isExact }
  }
}

export async function readPlaces(redis: Redis, keys: QueueKeys): Promise<readonly Place[]> {
  const [wait, paused, prioritized] = await Promise.all([
    redis.llen(keys.wait),
    redis.llen(keys.paused),
    redis.zcard(keys.prioritized),
  ])
  return [
    { key: keys.wait, kind: 'list', length: wait },
    { key: keys.paused, kind: 'list', length: paused },
    { key: keys.prioritized, kind: 'zset', length: prioritized },
  ]
}

/**
 * About `wanted` jobs in blocks spread evenly over all that waits: with 1,000 within ±3 points of the truth
 * in most lists.
 */
export async function sampleTypes(
  redis: Redis,
  keys: QueueKeys,
  all: readonly Place[],
  wanted = SAMPLE,
): Promise<Sampled<TypeShare>> {
  const total = all.reduce((sum, { length }) => sum + length, 0)
  const tally = new Tally()
  const replies = await Promise.all(
    all.flatMap((place) => {
      const share = total <= wanted ? place.length : Math.ceil((wanted * place.length) / total)
      return spread(place.length, share).map((stretches) =>
        runScript(redis, scripts.types, [keys.base, place.key], [place.kind, ...stretches]),
      )
    }),
  )
  replies.forEach((reply) => tally.add(reply))
  return tally.result(total, total <= wanted)
}

/** First and last indexes of blocks that cover `wanted` of `length` places, grouped by script call. */
export function spread(length: number, wanted: number): readonly (readonly number[])[] {
  const blocks = Math.ceil(Math.min(wanted, length) / BLOCK)
  const stride = length / Math.max(blocks, 1)
  const stretches = Array.from({ length: blocks }, (_, index) => {
    const first = Math.floor(index * stride)
    // Blocks never overlap: no job is counted twice.
    return [first, Math.min(first + BLOCK, Math.floor((index + 1) * stride), length) - 1]
  })
  return Array.from({ length: Math.ceil(blocks / BLOCKS_PER_CALL) }, (_, call) =>
    stretches.slice(call * BLOCKS_PER_CALL, (call + 1) * BLOCKS_PER_CALL).flat(),
  )
}

/**
 * Counts every waiting job, in slices from the tail: what a worker takes meanwhile is missed at most once,
 * and nothing is counted twice unless it comes back. Rejects with the signal's reason when aborted.
 */
export async function countTypes(
  connection: Connection,
  keys: QueueKeys,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Sampled<TypeShare>> {
  const all = await connection.run((redis) => readPlaces(redis, keys))
  const total = all.reduce((sum, { length }) => sum + length, 0)
  const tally = new Tally()
  let done = 0
  for (const place of all) {
    for (let offset = 0; offset < place.length; offset += SLICE) {
      signal.throwIfAborted()
      const last = Math.min(offset + SLICE, place.length)
      const stretch = [-last, -offset - 1]
      const reply = await connection.run((redis) =>
        runScript(redis, scripts.types, [keys.base, place.key], [place.kind, ...stretch]),
      )
      tally.add(reply)
      done += last - offset
      onProgress(done / total)
    }
  }
  return tally.result(total, true)
}
