/** Stable codes of everything that Spillway says no to. Tests, metrics and the audit trail refer to them. */
export type ProblemCode =
  | 'unknown_queue'
  | 'unknown_command'
  | 'unknown_incident'
  | 'ambiguous_queue'
  | 'no_queue_given'
  | 'bad_duration'
  | 'not_allowed'
  | 'frozen'
  | 'already_done'
  | 'stale_button'
  | 'plan_expired'
  | 'plan_drifted'
  | 'system_unreachable'
  | 'system_full'
  | 'database_unreachable'
  | 'slack_unreachable'
  | 'not_supported'
  | 'bad_input'
  | 'busy'
  | 'too_many'

/**
 * An error for the person who clicked: what happened, then what is still true and what to do next.
 * Anything else that is thrown is a fault of ours and reaches people only as a correlation id.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
  readonly code: ProblemCode
  /** What is still true and what to do next, in one or two sentences. */
  readonly advice: string

  constructor(code: ProblemCode, happened: string, advice: string, cause?: unknown) {
    super(happened, cause === undefined ? {} : { cause })
    this.code = code
    this.advice = advice
  }
}
