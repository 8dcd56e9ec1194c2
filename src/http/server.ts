import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Ids, Log } from '../domain/ports/runtime.ts'
import { readBody } from './body.ts'
import { plain, type Answer, type Head, type Route } from './route.ts'

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly routes: readonly Route[]
  readonly ids: Pick<Ids, 'uuid'>
  readonly log: Log
  /** A sender slower than this is cut off with 408. */
  readonly timeouts?: { readonly headersMs: number; readonly requestMs: number }
}

export interface HttpServer {
  /** Resolves with the address once the port is ours; rejects if it is taken. */
  start(): Promise<{ readonly url: string; readonly port: number }>
  /** Takes no more, waits for what is under way, cuts off what is left after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
}

const TIMEOUTS = { headersMs: 10_000, requestMs: 30_000 }
/** How often slow senders are looked for, and so how late they may be cut off. */
const CHECK_MS = 500

/** A small server of our own: exact paths, bounded bodies, an answer for everything. Loopback is the default. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port, timeouts = TIMEOUTS } = options
  const server = createServer({
    headersTimeout: Math.min(timeouts.headersMs, timeouts.requestMs),
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, timeouts.requestMs),
  })
  const handle = (isWaiting: boolean) => (request: IncomingMessage, response: ServerResponse) =>
    void answerRequest(options, request, response, isWaiting)
  server.on('request', handle(false))
  // The sender asks before it sends a long body: what is refused is never sent at all.
  server.on('checkContinue', handle(true))
  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          const bound = (server.address() as AddressInfo).port
          resolve({
            port: bound,
            url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
          })
        })
      }),
    stop: (deadlineMs) => stop(server, deadlineMs),
  }
}

function stop(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs)
    server.close(() => {
      clearTimeout(deadline)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function answerRequest(
  { routes, ids, log: parent }: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  isWaiting: boolean,
): Promise<void> {
  // Ours alone: an id from outside could be made to look like another request's.
  const correlationId = ids.uuid()
  const log = parent.child({ correlationId })
  request.on('error', () => undefined)
  try {
    const found = findRoute(routes, request)
    const answer =
      'status' in found
        ? found
        : await run(found, request, response, { correlationId, log, isWaiting })
    if (answer !== null) send(request, response, answer, correlationId)
  } catch (error) {
    log.error({ event: 'http.failed', path: pathOf(request), err: error }, 'a request failed')
    send(request, response, plain(500, 'Something went wrong on our side.'), correlationId)
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/'

function findRoute(routes: readonly Route[], request: IncomingMessage): Route | Answer {
  const here = routes.filter((route) => route.path === pathOf(request))
  if (here.length === 0) return plain(404, 'There is nothing here.')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = here.find((candidate) => candidate.method === method)
  if (route !== undefined) return route
  const allowed = here.map((candidate) => candidate.method).join(', ')
  return { ...plain(405, `Use ${allowed}.`), headers: { allow: allowed } }
}

/** Null when the sender went away before its body was whole. */
async function run(
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  context: { readonly correlationId: string; readonly log: Log; readonly isWaiting: boolean },
): Promise<Answer | null> {
  const head: Head = {
    headers: request.headers,
    correlationId: context.correlationId,
    log: context.log,
  }
  const refusal = route.refuse?.(head)
  if (refusal) return refusal
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > route.maxBodyBytes) return route.tooLarge(head, announced)
  if (context.isWaiting) response.writeContinue()
  const body = await readBody(request, route.maxBodyBytes)
  if (body === 'gone') return null
  return body === 'too_large' ? route.tooLarge(head, null) : route.handle({ ...head, body })
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  correlationId: string,
): void {
  if (response.headersSent || response.destroyed) return
  const text = typeof answer.body === 'string' ? answer.body : `${JSON.stringify(answer.body)}\n`
  const type = typeof answer.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  const isUnread = !request.complete
  // After a refused 100-continue nobody knows whether the body will come, so the connection ends here.
  const isRefused = isUnread && request.headers.expect !== undefined
  response.writeHead(answer.status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-correlation-id': correlationId,
    ...(isRefused ? { connection: 'close' } : {}),
    ...answer.headers,
  })
  response.end(text)
  // Closing with unread bytes would reset the connection and take the answer with it: what still comes
  // is read and dropped, until the request time-out at most.
  if (isUnread) request.resume()
}
