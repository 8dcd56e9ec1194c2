import { LogLevel, WebClient, type Logger, type WebClientOptions } from '@slack/web-api'

import type { SlackConfig } from '../config/types.ts'
import type { Log } from '../domain/ports/runtime.ts'

/** How one call to Slack went; for metrics. `refused` is Slack's own no. */
export interface SlackCall {
  /** E.g. `chat.postMessage`; `respond` for answers to a command or click. */
  readonly method: string
  readonly ms: number
  readonly outcome: 'ok' | 'refused' | 'rate_limited' | 'unanswered'
}

export interface SlackClients {
  /** For what a person waits for: gives up in 2.5 s, never retries, never queues behind a 429. */
  readonly interactive: WebClient
  /** For the outbox and rooms: more patient; its callers do their own waiting and retrying. */
  readonly background: WebClient
  /** What Bolt needs to build clients and answers that behave like `interactive`. */
  readonly interactiveOptions: WebClientOptions
}

const INTERACTIVE_TIMEOUT_MS = 2500
const BACKGROUND_TIMEOUT_MS = 10_000

/**
 * Two clients, because a 429 on any method stalls every call of a WebClient, and because a retry of its
 * own would post twice. Neither retries: what may be repeated is decided where it is known.
 */
export function createClients(deps: {
  readonly config: Pick<SlackConfig, 'botToken' | 'apiUrl'>
  readonly log: Log
  readonly onCall?: (call: SlackCall) => void
}): SlackClients {
  const shared: WebClientOptions = {
    ...(deps.config.apiUrl === null ? {} : { slackApiUrl: deps.config.apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: slackLogger(deps.log),
    fetch: observedFetch(deps.onCall ?? (() => undefined)),
  }
  const interactiveOptions = { ...shared, timeout: INTERACTIVE_TIMEOUT_MS }
  return {
    interactive: new WebClient(deps.config.botToken, interactiveOptions),
    background: new WebClient(deps.config.botToken, { ...shared, timeout: BACKGROUND_TIMEOUT_MS }),
    interactiveOptions,
  }
}

/** Slack's packages log sentences; they become facts of our log. Their debug lines hold payloads and stay out. */
export function slackLogger(log: Log): Logger {
  const words = (parts: readonly unknown[]): string =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ')
  return {
    debug: () => undefined,
    info: (...parts) => log.debug({ event: 'slack.sdk' }, words(parts)),
    warn: (...parts) => log.warn({ event: 'slack.sdk' }, words(parts)),
    error: (...parts) => log.error({ event: 'slack.sdk' }, words(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  }
}

type Fetch = typeof globalThis.fetch

/** Answers are small, so reading the body here to learn Slack's verdict costs nothing that matters. */
function observedFetch(onCall: (call: SlackCall) => void): Fetch {
  return async (input, init) => {
    const startedAt = performance.now()
    const method = methodOf(input instanceof Request ? input.url : String(input))
    const settle = (outcome: SlackCall['outcome']): void =>
      onCall({ method, outcome, ms: performance.now() - startedAt })
    try {
      // Bolt's `respond` sets no time-out of its own.
      const signal = init?.signal ?? AbortSignal.timeout(INTERACTIVE_TIMEOUT_MS)
      const response = await globalThis.fetch(input, { ...init, signal })
      const body = await response.text()
      settle(outcomeOf(response.status, body))
      return new Response(body === '' ? null : body, {
        status: response.status,
        headers: response.headers,
      })
    } catch (error) {
      settle('unanswered')
      throw error
    }
  }
}

function outcomeOf(status: number, body: string): SlackCall['outcome'] {
  if (status === 429) return 'rate_limited'
  if (status !== 200) return 'unanswered'
  return /^\s*\{\s*"ok"\s*:\s*false/.test(body) ? 'refused' : 'ok'
}

/** A response_url holds secrets in its path, so only names of API methods become labels. */
function methodOf(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  return /^[a-z]+(\.[a-zA-Z]+)+$/.test(last) ? last : 'respond'
}
