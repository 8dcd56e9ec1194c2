/**
 * What is wrong with the world that the jobs of one queue run in. `broken`: what they call does not answer. `slow`: it
 * takes its time. `gone`: the worker dies in the middle of its jobs. `overload`: other jobs of the queue fail.
 */
export interface Fault {
  readonly kind: 'none' | 'broken' | 'slow' | 'gone' | 'overload'
  /** Only from this run of a replayed job on, counted since the replay began. */
  readonly after: number
}

export const NO_FAULT: Fault = { kind: 'none', after: 0 }

/** Where workers note each run of a job, before it does anything; not in the Redis that is watched. */
export const runsKey = (queue: string): string => `runs:${queue}`

/** Where the fault is, as JSON. */
export const faultKey = (queue: string): string => `fault:${queue}`

/** Jobs of this type come all the time and are no part of a replay. */
export const LIVE = 'live'
/** Jobs of a content that nobody can process, whatever is mended. */
export const POISON = 'poison'

export const ERROR_OF = {
  broken: 'connect ETIMEDOUT 10.0.0.7:443',
  poison: 'Unexpected token < in JSON at position 0',
  overload: 'quota exceeded: 429 Too Many Requests',
} as const
