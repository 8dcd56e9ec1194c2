import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api'

import { OperatorError } from '../domain/errors.ts'
import { ChatRefusal } from '../domain/ports/chat.ts'

/** What went wrong with one call to Slack, as the caller has to tell it apart. */
export type SlackFault =
  | { readonly kind: 'rate_limited'; readonly retryAfterMs: number }
  /** No usable answer. `mayHaveWorked`: the call may have been carried out nevertheless. */
  | { readonly kind: 'unanswered'; readonly problem: string; readonly mayHaveWorked: boolean }
  /** Slack said no. */
  | { readonly kind: 'refused'; readonly code: string; readonly details: readonly string[] }

/** Answers of Slack that say "not now" rather than "no"; the call may have been carried out. */
const NOT_NOW = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'ratelimited',
  'rate_limited',
])

/** Node's codes for a connection that never came about, so nothing can have been carried out. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

function causes(error: unknown): readonly Error[] {
  const chain: Error[] = []
  let next = error
  while (next instanceof Error && chain.length < 8) {
    chain.push(next)
    next = next.cause
  }
  return chain
}

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : ''

function unanswered(error: unknown): SlackFault {
  const chain = causes(error)
  const code = chain.map(codeOf).find((name) => /^(E[A-Z_]+|UND_ERR_\w+)$/.test(name))
  const isTimeout = chain.some((link) => link.name === 'TimeoutError')
  const problem = isTimeout ? 'no answer in time' : (code ?? chain.at(-1)?.message ?? String(error))
  return {
    kind: 'unanswered',
    problem,
    mayHaveWorked: code === undefined || !NEVER_SENT.has(code),
  }
}

function refused(error: WebAPIPlatformError): SlackFault {
  const { error: code, response_metadata: metadata } = error.data
  if (NOT_NOW.has(code)) return { kind: 'unanswered', problem: code, mayHaveWorked: true }
  const details = [...(metadata?.messages ?? [])]
  if ('needed' in error.data) details.push(`needed: ${String(error.data.needed)}`)
  return { kind: 'refused', code, details }
}

/** Sorts whatever a WebClient threw; anything unknown counts as no answer, which is the careful reading. */
export function faultOf(error: unknown): SlackFault {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'rate_limited', retryAfterMs: Math.max(1, error.retryAfter) * 1000 }
  }
  if (error instanceof WebAPIPlatformError) return refused(error)
  if (error instanceof WebAPIHTTPError) {
    return { kind: 'unanswered', problem: `HTTP ${error.statusCode}`, mayHaveWorked: true }
  }
  return unanswered(error)
}

/** The fault in the terms of the Chat port: Slack's no as `ChatRefusal`, the rest as `slack_unreachable`. */
export function toPortError(error: unknown, doing: string): Error {
  const fault = faultOf(error)
  if (fault.kind === 'refused') {
    const details = fault.details.length === 0 ? '' : ` (${fault.details.join('; ')})`
    return new ChatRefusal(fault.code, `Slack refused to ${doing}: ${fault.code}${details}`)
  }
  const why =
    fault.kind === 'rate_limited'
      ? `it asks to wait ${Math.ceil(fault.retryAfterMs / 1000)} s`
      : fault.problem
  return new OperatorError(
    'slack_unreachable',
    `Slack could not ${doing}: ${why}.`,
    'Nothing else was changed. Try again in a minute.',
    error,
  )
}

/** Calls Slack; what it throws is in the terms of the Chat port. `doing` follows "Slack could not". */
export async function ask<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toPortError(error, doing)
  }
}
