import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

import type { Log } from '../domain/ports/runtime.ts'

/** What is known of a request before its body is read. */
export interface Head {
  readonly headers: IncomingHttpHeaders
  readonly correlationId: string
  readonly log: Log
}

export interface Request extends Head {
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers?: OutgoingHttpHeaders
  /** A text as it is, anything else as JSON. */
  readonly body: unknown
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** The whole path, without query. */
  readonly path: string
  readonly maxBodyBytes: number
  /** Says no before the body is read; null lets the request pass. */
  readonly refuse?: (head: Head) => Answer | null
  /** `bytes` as announced, or null when more came than was announced. */
  readonly tooLarge: (head: Head, bytes: number | null) => Answer
  readonly handle: (request: Request) => Promise<Answer>
}

export const plain = (status: number, words: string): Answer => ({ status, body: { error: words } })

/** A page that is read, not sent to: any body is too large. */
export const page = (path: string, handle: () => Promise<Answer>): Route => ({
  method: 'GET',
  path,
  maxBodyBytes: 0,
  tooLarge: () => plain(413, 'This address takes no body.'),
  handle,
})
