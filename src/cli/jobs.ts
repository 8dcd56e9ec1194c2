import type { Env } from '../config/substitute.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import { suggest } from '../domain/suggest.ts'
import { outcomes } from './jobs/outcomes.ts'

export interface JobsCall {
  /** What stands after `jobs`: `outcomes <plan>` and its options. */
  readonly args: readonly string[]
  readonly env: Env
  readonly cwd: string
  readonly clock: Clock
  readonly log: Log
  readonly write: (text: string) => void
  /** Writes much: resolves when the reader can take more. */
  readonly pour: (text: string) => Promise<void>
}

const VERB = 'outcomes'

/** `spillway jobs outcomes`. Resolves to the exit code. Throws `bad_input` for other words. */
export function jobs(call: JobsCall): Promise<number> {
  const [verb, ...args] = call.args
  if (verb === VERB) return outcomes(call, args)
  const meant = verb === undefined ? null : suggest(verb, [VERB])
  throw new OperatorError(
    'bad_input',
    verb === undefined ? 'What about the jobs?' : `There is no \`jobs ${verb}\`.`,
    meant === null
      ? 'Say `spillway jobs outcomes <plan>`: what became of every job of a plan.'
      : `Did you mean \`jobs ${meant}\`?`,
  )
}
