import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Random } from './random.ts'

export interface Courier {
  /** Where people's requests go, instead of to the bot itself. */
  readonly url: string
  /** How many requests were delivered once more. */
  readonly redelivered: () => number
  /** Nothing is delivered again from here on. */
  rest(): Promise<void>
  close(): Promise<void>
}

export interface CourierOptions {
  readonly random: Random
  /** Slack's addresses of the replicas that take requests now. */
  readonly addresses: () => readonly string[]
}

/** So many requests come twice: at once, a little later, or after a restart. */
const TWICE = 0.35
const DELAYS_MS = [0, 0, 300, 2_000, 6_000] as const
const PASSED_ON = ['content-type', 'x-slack-request-timestamp', 'x-slack-signature'] as const

interface Parcel {
  readonly path: string
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Slack's way to a bot with several replicas: any of them gets a request, now and then twice, the same or another one. */
export async function startCourier({ random, addresses }: CourierOptions): Promise<Courier> {
  const resting = new AbortController()
  const again = new Set<Promise<void>>()
  let redelivered = 0
  const pick = (): string | null => {
    const [first, ...others] = addresses()
    return first === undefined ? null : random.oneOf([first, ...others])
  }
  const deliverAgain = async (parcel: Parcel, afterMs: number): Promise<void> => {
    await sleep(afterMs, null, { signal: resting.signal }).catch(() => null)
    const address = pick()
    if (address === null || resting.signal.aborted) return
    redelivered += 1
    const retry = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }
    await send(address, { ...parcel, headers: { ...parcel.headers, ...retry } })
  }
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parcel = await parcelOf(request)
    if (random.isBelow(TWICE)) {
      const second = deliverAgain(parcel, random.oneOf(DELAYS_MS)).catch(() => undefined)
      again.add(second)
      void second.finally(() => again.delete(second))
    }
    const address = pick()
    if (address === null) return void response.writeHead(502).end()
    const answer = await send(address, parcel)
    response.writeHead(answer.status, answer.headers).end(answer.body)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const rest = async (): Promise<void> => {
    resting.abort()
    await Promise.all(again)
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    redelivered: () => redelivered,
    rest,
    async close() {
      await rest()
      await closed(server)
    },
  }
}

async function parcelOf(request: IncomingMessage): Promise<Parcel> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = PASSED_ON.flatMap((name) => {
    const value = request.headers[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return {
    path: request.url ?? '/',
    body: Buffer.concat(chunks),
    headers: Object.fromEntries(headers),
  }
}

/** Throws if the replica dies meanwhile. */
async function send(address: string, { path, body, headers }: Parcel) {
  const answer = await fetch(`${address}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  })
  const type = answer.headers.get('content-type')
  return {
    status: answer.status,
    headers: type === null ? {} : { 'content-type': type },
    body: Buffer.from(await answer.arrayBuffer()),
  }
}

const closed = (server: Server): Promise<void> => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
