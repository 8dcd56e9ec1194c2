import type { Env } from '../config/substitute.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import { suggest } from '../domain/suggest.ts'
import { erase, reseal } from './audit/change.ts'
import { exportAudit } from './audit/export.ts'
import { verify } from './audit/verify.ts'

export interface AuditCall {
  /** What stands after `audit`: a verb and its options. */
  readonly args: readonly string[]
  readonly env: Env
  readonly cwd: string
  readonly clock: Clock
  readonly log: Log
  /** Who is at the terminal, as the machine knows them. */
  readonly user: string
  readonly write: (text: string) => void
  /** Writes much: resolves when the reader can take more. */
  readonly pour: (text: string) => Promise<void>
}

const VERBS: Readonly<
  Record<string, (call: AuditCall, args: readonly string[]) => Promise<number>>
> = { verify, export: exportAudit, reseal, erase }

/** `spillway audit verify | export | reseal | erase`. Resolves to the exit code. Throws `bad_input` for other words. */
export function audit(call: AuditCall): Promise<number> {
  const [verb, ...args] = call.args
  const run = verb === undefined ? undefined : VERBS[verb]
  if (run !== undefined) return run(call, args)
  const known = Object.keys(VERBS)
  const meant = verb === undefined ? null : suggest(verb, known)
  throw new OperatorError(
    'bad_input',
    verb === undefined ? 'What about the audit trail?' : `There is no \`audit ${verb}\`.`,
    meant === null
      ? `Say \`spillway audit ${known.join(' | ')}\`.`
      : `Did you mean \`audit ${meant}\`?`,
  )
}
