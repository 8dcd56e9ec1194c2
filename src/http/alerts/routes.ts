import { OperatorError } from '../../domain/errors.ts'
import { plain, type Answer, type Head, type Request, type Route } from '../route.ts'
import { createBearerCheck } from './credentials.ts'
import type { AlertSource } from './parsers.ts'

/** Above this a delivery is refused: to the sender a silent loss, so it is announced in the ops channel. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** What became of a request of an alert sender. */
type IntakeOutcome = 'accepted' | 'unauthorized' | 'unsupported_type' | 'too_large' | 'unavailable'

export interface AlertRoutesOptions {
  readonly sources: readonly {
    readonly kind: AlertSource
    readonly bearerTokens: readonly string[]
  }[]
  /** Commits the body, untouched, before it resolves. */
  readonly receive: (delivery: {
    readonly source: AlertSource
    readonly body: Buffer
    readonly correlationId: string
  }) => Promise<{ readonly id: string }>
  readonly onOutcome: (source: AlertSource, outcome: IntakeOutcome) => void
  /** For the ops channel; `bytes` is null when the sender did not say how much it would send. */
  readonly onTooLarge: (source: AlertSource, bytes: number | null) => Promise<void>
}

/** `POST /alerts/<source>` for every source that has credentials; another source has no route at all. */
export const createAlertRoutes = (options: AlertRoutesOptions): Route[] =>
  options.sources
    .filter(({ bearerTokens }) => bearerTokens.length > 0)
    .map(({ kind, bearerTokens }) => createAlertRoute(options, kind, bearerTokens))

function createAlertRoute(
  { receive, onOutcome, onTooLarge }: AlertRoutesOptions,
  source: AlertSource,
  tokens: readonly string[],
): Route {
  const isKnown = createBearerCheck(tokens)
  const settle = (outcome: IntakeOutcome, answer: Answer): Answer => {
    onOutcome(source, outcome)
    return answer
  }
  return {
    method: 'POST',
    path: `/alerts/${source}`,
    maxBodyBytes: MAX_BODY_BYTES,
    refuse: (head) => {
      if (!isKnown(head.headers.authorization))
        return settle('unauthorized', unauthorized(head, source))
      return isJson(head) ? null : settle('unsupported_type', plain(415, 'Send application/json.'))
    },
    tooLarge: (head, bytes) => {
      head.log.error(
        { event: 'alerts.too_large', source, bytes },
        'a delivery was over 16 MiB and is lost',
      )
      onTooLarge(source, bytes).catch((error: unknown) =>
        head.log.error(
          { event: 'alerts.not_announced', source, err: error },
          'could not announce a loss',
        ),
      )
      return settle(
        'too_large',
        plain(413, 'At most 16 MiB are taken. Send fewer alerts at a time.'),
      )
    },
    handle: (request) => store(request),
  }

  async function store(request: Request): Promise<Answer> {
    try {
      const { correlationId, body } = request
      const { id } = await receive({ source, body, correlationId })
      return settle('accepted', { status: 202, body: { id } })
    } catch (error) {
      request.log.error(
        { event: 'alerts.not_stored', source, err: error },
        'a delivery was not stored',
      )
      const words = error instanceof OperatorError ? error.message : 'It could not be stored.'
      return settle('unavailable', {
        ...plain(503, `${words} Nothing was kept; send it again.`),
        headers: { 'retry-after': '10' },
      })
    }
  }
}

function unauthorized(head: Head, source: AlertSource): Answer {
  const isGiven = head.headers.authorization !== undefined
  // To most senders a 401 is a silent drop: whoever runs Spillway must hear of it.
  head.log.warn({ event: 'alerts.unauthorized', source, isGiven }, 'an alert sender was refused')
  return {
    ...plain(401, 'A valid bearer token is needed.'),
    headers: { 'www-authenticate': 'Bearer' },
  }
}

const isJson = ({ headers }: Head): boolean =>
  headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
