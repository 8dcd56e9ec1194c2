import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'

import type { LocalSlack } from './local-slack.ts'
import { createShimMemory, type ShimMemory } from './shim/memory.ts'
import { METHODS } from './shim/methods.ts'
import { improvePage } from './shim/page.ts'
import { bridgeSocket, type Bridge } from './shim/sockets.ts'
import { asFields, asList, asText, postJson, toFields, type Fields } from './shim/upstream.ts'
import { CHANNELS, ON_CALL_GROUP } from './workspace.ts'

export interface SlackShim {
  /** The page for people; the Web API is at `${url}/api/`. */
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

export interface ShimOptions {
  readonly slack: Pick<LocalSlack, 'address' | 'ownUrl'>
  /** 0 for a free one. */
  readonly port: number
  /** What `auth.test` says that the token may do. */
  readonly scopes: readonly string[]
}

/** Everything a request needs; made once at the start. */
interface Shim {
  readonly options: ShimOptions
  readonly memory: ShimMemory
  readonly pages: Set<Bridge>
  /** Our own address, which replaces the local Slack's in all that it sends. */
  url: string
}

/** The door to the local Slack, on the loopback interface: page, Web API and WebSockets, as Slack would have them. */
export async function startSlackShim(options: ShimOptions): Promise<SlackShim> {
  const shim: Shim = { options, memory: createShimMemory(), pages: new Set(), url: '' }
  for (const { id, topic } of CHANNELS) shim.memory.topics.set(id, topic)
  const server = createServer((incoming, answer) => {
    serve(shim, incoming, answer).catch(() => answer.destroy())
  })
  server.on('upgrade', (knock, outside, head) => {
    if (head.length > 0) outside.unshift(head)
    const hooks = knock.url === '/ui' ? pageHooks(shim) : botHooks(shim)
    bridgeSocket(options.slack.address, knock, outside, hooks)
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  shim.url = `http://127.0.0.1:${port}`
  return {
    url: shim.url,
    port,
    async stop() {
      server.close()
      server.closeAllConnections()
      for (const page of shim.pages) page.onClose(page)
    },
  }
}

const withOurAddress = (shim: Shim, text: string): string => {
  const bare = (url: string) => url.slice('http:'.length)
  return text.replaceAll(bare(shim.options.slack.ownUrl), bare(shim.url))
}

async function serve(shim: Shim, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const path = new URL(incoming.url ?? '/', shim.url).pathname
  if (path.startsWith('/api/'))
    return serveMethod(shim, path.slice('/api/'.length), incoming, answer)
  forward(shim, incoming, answer)
}

async function serveMethod(
  shim: Shim,
  method: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const args = await readArguments(incoming)
  const authorization = incoming.headers.authorization ?? ''
  const call = (name: string, fields: Fields) =>
    postJson(shim.options.slack.address, `/api/${name}`, fields, authorization)
  const result = await (Object.hasOwn(METHODS, method)
    ? METHODS[method]?.(args, {
        memory: shim.memory,
        call,
        forward: (fields) => call(method, fields),
        tellPages: (frame) => tellPages(shim, frame),
      })
    : call(method, args))
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    ...(method === 'auth.test' ? { 'x-oauth-scopes': shim.options.scopes.join(',') } : {}),
  }
  answer.writeHead(200, headers).end(withOurAddress(shim, JSON.stringify(result)))
}

/** Slack takes JSON and forms; in a form, what is structured is JSON text. */
async function readArguments(incoming: IncomingMessage): Promise<Fields> {
  const body = await readBody(incoming)
  const query = new URL(incoming.url ?? '/', 'http://shim').searchParams
  if (incoming.headers['content-type']?.includes('application/json')) return asFields(body)
  const pairs = [...query, ...new URLSearchParams(body)].map(([name, value]) => [
    name,
    STRUCTURED.has(name) ? parseLoosely(value) : value,
  ])
  return Object.fromEntries(pairs)
}

const STRUCTURED = new Set(['attachments', 'blocks', 'files', 'metadata', 'view'])

const parseLoosely = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Page, files, control API, response URLs: passed through, the page improved. */
function forward(shim: Shim, incoming: IncomingMessage, answer: ServerResponse): void {
  const { address } = shim.options.slack
  // The page must come uncompressed, for it is changed on the way.
  const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
  const { url: path, method } = incoming
  const passed = request({ ...address, path, method, headers }, (reply) => {
    if (reply.headers['content-type']?.startsWith('text/html')) {
      readBody(reply)
        .then((html) =>
          answer.writeHead(200, { 'content-type': 'text/html' }).end(improvePage(html)),
        )
        .catch(() => answer.destroy())
      return
    }
    answer.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(answer)
  })
  passed.on('error', () => answer.destroy())
  incoming.pipe(passed)
}

function tellPages(shim: Shim, frame: Fields): void {
  for (const page of shim.pages) page.tell(JSON.stringify(frame))
}

/** The page knows people by their ids, but not groups. */
const withGroupNames = (text: string): string =>
  text.replaceAll(`<!subteam^${ON_CALL_GROUP.id}>`, `*@${ON_CALL_GROUP.handle}*`)

/** A page that opens is told all topics and pins, and whose each modal is. */
const pageHooks = (shim: Shim): Pick<Bridge, 'onText' | 'onOpen' | 'onClose'> => ({
  onText(text) {
    const owned = text.includes('"id":"V') ? withOwners(shim, text) : text
    return withOurAddress(shim, withGroupNames(owned))
  },
  onOpen(page) {
    shim.pages.add(page)
    for (const [channel, topic] of shim.memory.topics)
      page.tell(JSON.stringify({ t: 'topic', channel, topic }))
    for (const key of shim.memory.pins)
      page.tell(JSON.stringify({ t: 'pin', ts: key.slice(key.indexOf('/') + 1) }))
  },
  onClose: (page) => void shim.pages.delete(page),
})

function withOwners({ memory }: Shim, text: string): string {
  const owned = (view: unknown): Fields => {
    const fields = toFields(view)
    const owner = memory.viewOwners.get(asText(fields['id'])) ?? memory.lastViewOwner
    return owner === null ? fields : { ...fields, owner }
  }
  const frame = asFields(text)
  if (frame['t'] === 'view')
    return JSON.stringify({ ...frame, stack: asList(frame['stack']).map(owned) })
  if (frame['t'] !== 'init') return text
  const state = toFields(frame['state'])
  const modalStack = asList(state['modalStack']).map(owned)
  return JSON.stringify({ ...frame, state: { ...state, modalStack } })
}

/** What goes to the bot tells who pulled which trigger. */
const botHooks = (shim: Shim): Pick<Bridge, 'onText' | 'onOpen' | 'onClose'> => ({
  onText(text) {
    const payload = toFields(asFields(text)['payload'])
    const user = asText(payload['user_id']) || asText(toFields(payload['user'])['id'])
    const trigger = asText(payload['trigger_id'])
    if (trigger !== '' && user !== '') shim.memory.triggers.set(trigger, user)
    return withOurAddress(shim, text)
  },
  onOpen: () => {},
  onClose: () => {},
})
