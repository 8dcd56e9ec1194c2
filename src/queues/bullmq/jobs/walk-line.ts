import { z } from 'zod'

import type { JobEnd } from '../../../domain/job.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import type { Script } from '../scripts.ts'
import { learnPace } from './batches.ts'
import { runGuarded, type JobsOf } from './guard.ts'
import { TakeReply, toEnd } from './take.ts'
import { whereAre } from './where.ts'

/** Asked for in one call: what follows in the list are mostly the next ones in order. */
const AHEAD = 500
/** Entries read per call; the fewer jobs among them are meant, the more. */
const STRETCH = { least: 500, most: 8000 }
/** So far on none of the jobs was met: then it is time to ask where they are. */
const IN_VAIN = 20_000
const KEPT_PLACES = 100

const Reply = z.tuple([z.number(), z.string(), z.number()], z.string())

/** How far a list was walked: so many entries from its tail on are behind us, `anchor` the last of them. */
interface Walked {
  readonly behind: number
  readonly anchor: string
}

const AT_THE_TAIL: Walked = { behind: 0, anchor: '' }

/** Where the last slice of each plan ended: a hint, so that the next one need not begin at the tail. */
export interface Places {
  of(guard: Guard, list: string): Walked
  keep(guard: Guard, list: string, walked: Walked): void
}

export function rememberPlaces(): Places {
  const places = new Map<string, Walked>()
  const name = ({ planId }: Guard, list: string) => `${planId} ${list}`
  return {
    of: (guard, list) => places.get(name(guard, list)) ?? AT_THE_TAIL,
    keep(guard, list, walked) {
      places.delete(name(guard, list))
      places.set(name(guard, list), walked)
      for (const oldest of places.keys()) {
        if (places.size <= KEPT_PLACES) break
        places.delete(oldest)
      }
    },
  }
}

/** A job that waits, with what the script needs to know of it. */
interface Wanted {
  readonly id: string
  readonly about: string | number
}

/** A script behind `stretch.lua`; some need to know of which of the two lists a job is. */
interface LineScript {
  readonly script: Script
  readonly option: (state: 'paused' | 'wait') => string
}

/**
 * Takes jobs out of the lists in which they wait, and does with them what the script does; however long the lists
 * are, they are gone through about once per plan. Jobs that stand where they are not expected are looked for in a
 * second pass, from the tail on.
 */
export async function changeWaiting(
  jobs: JobsOf,
  guard: Guard,
  places: Places,
  change: LineScript,
  wanted: readonly Wanted[],
): Promise<readonly JobEnd[]> {
  const left = new Map(wanted.map((job) => [job.id, job]))
  const ends = new Map<string, JobEnd>()
  const settle = (end: JobEnd) => {
    if (left.delete(end.id)) ends.set(end.id, end)
  }
  const walkOn = (walk: Walk) => goThrough(jobs, guard, change, walk, left, settle)
  for (const state of ['paused', 'wait'] as const) {
    const list = jobs.keys[state]
    const from = places.of(guard, list)
    places.keep(guard, list, await walkOn({ state, from, ahead: AHEAD, inVain: IN_VAIN }))
  }
  for (const end of await lookWhere(jobs, [...left.keys()])) settle(end)
  for (const state of ['paused', 'wait'] as const) {
    await walkOn({ state, from: AT_THE_TAIL, ahead: left.size, inVain: Number.POSITIVE_INFINITY })
  }
  return wanted.map(({ id }) => ends.get(id) ?? { id, skipped: 'moved' })
}

interface Walk {
  readonly state: 'paused' | 'wait'
  readonly from: Walked
  readonly ahead: number
  readonly inVain: number
}

/**
 * Goes through one list until nothing is left to look for, or `inVain` entries were none of those. Resolves to the
 * place behind the last job that was found: jobs of the next slice may stand right there.
 */
async function goThrough(
  jobs: JobsOf,
  guard: Guard,
  { script, option }: LineScript,
  { state, from, ahead, inVain }: Walk,
  left: ReadonlyMap<string, Wanted>,
  settle: (end: JobEnd) => void,
): Promise<Walked> {
  let walked = from
  let lastFound = from
  let stretch = STRETCH.least
  for (let missed = 0; left.size > 0 && missed < inVain;) {
    const wanted = [...left.values()].slice(0, ahead)
    const named = wanted.flatMap(({ id, about }) => [id, about])
    const [behind, anchor, isHead, ...found] = Reply.parse(
      await runGuarded(jobs, guard, {
        script,
        keys: [jobs.keys.base, jobs.keys[state]],
        args: [option(state), walked.behind, walked.anchor, stretch, ...named],
      }),
    )
    for (let at = 0; at + 1 < found.length; at += 2)
      settle(toEnd(found[at] ?? '', TakeReply.parse(found[at + 1])))
    const looked = Math.max(behind - walked.behind + found.length / 2, 1)
    stretch = Math.min(Math.max(Math.ceil(looked * 1.5), STRETCH.least), STRETCH.most)
    missed = found.length > 0 ? 0 : missed + looked
    walked = { behind, anchor }
    if (found.length > 0) lastFound = walked
    // At the head there may be more of them where not all were asked for at once.
    if (isHead === 1 && (found.length === 0 || wanted.length < ahead)) break
  }
  return lastFound
}

/** Those of these jobs that certainly are not in line any more. */
async function lookWhere(jobs: JobsOf, ids: readonly string[]): Promise<readonly JobEnd[]> {
  const places = await whereAre(jobs, learnPace(), ids)
  return places.flatMap((place, index) => {
    if (place === '') return []
    const reason = place === 'gone' || place === 'active' ? place : 'moved'
    return [toEnd(ids[index] ?? '', reason)]
  })
}
