import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { Refusal, string, type Answer, type Args, type Method } from './call.ts'
import { noteCall } from './calls-file.ts'
import { chatMethods } from './chat-methods.ts'
import { conversationMethods } from './conversation-methods.ts'
import { createFaults, type Fault } from './faults.ts'
import { takeUpload, uploadMethods, UPLOADS } from './file-methods.ts'
import { botScopes } from './manifest.ts'
import { peopleMethods } from './people-methods.ts'
import { respond } from './response-url.ts'
import { isMethod, SCOPES, type MethodName } from './scopes.ts'
import { createSockets, type FakeSockets } from './sockets.ts'
import {
  createState,
  type FakeEphemeral,
  type FakeMessage,
  type FakeSlackSetup,
  type SlackState,
} from './state.ts'

interface RecordedCall {
  readonly method: string
  readonly args: Args
  readonly at: number
  /** `ok`, an error code of Slack, or the kind of the fault that a test planned. */
  readonly outcome: string
}

export interface FakeSlack extends Pick<
  ReturnType<typeof createFaults>,
  'failNext' | 'limit' | 'outage'
> {
  /** For `slackApiUrl`. */
  readonly url: string
  readonly token: string
  readonly state: SlackState
  readonly calls: readonly RecordedCall[]
  callsOf(method: string): readonly RecordedCall[]
  /** Socket Mode. */
  readonly sockets: FakeSockets
  /** A trigger as Slack would send it with a command or click: 3 s, once. */
  trigger(user: string): string
  responseUrl(user: string, channel: string): string
  /** What one person sees in a channel, oldest first, apart from other people's ephemerals. */
  seenBy(user: string, channel: string): readonly (FakeMessage | FakeEphemeral)[]
  close(): Promise<void>
}

type Methods = Readonly<Record<MethodName, Method>>

const methodsAt = (base: () => string): Methods => ({
  ...chatMethods,
  ...conversationMethods,
  ...peopleMethods,
  ...uploadMethods(base),
})

const TOKEN = 'xoxb-fake-token'
/** The app-level token that the fake accepts; no scope of the bot's is behind it. */
export const APP_TOKEN = 'xapp-fake-token'

/** A Slack of one's own on loopback, with the errors, limits and faults of the real one. */
export async function startFakeSlack(setup: FakeSlackSetup = {}): Promise<FakeSlack> {
  const state = createState(setup)
  const faults = createFaults(state.now)
  const calls: RecordedCall[] = []
  const scopes = setup.scopes ?? botScopes
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(setup.port ?? 0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const base = `http://${address}`
  const methods = methodsAt(() => base)
  const world = { state, faults, calls, scopes, methods, socketUrl: `ws://${address}/link` }
  const sockets = createSockets(server)
  server.on('request', (request, response) => {
    const serve = request.url?.startsWith(UPLOADS) === true ? upload : handle
    serve(world, request, response).catch(() => response.destroy())
  })
  return {
    ...faults,
    url: `${base}/api/`,
    token: TOKEN,
    state,
    calls,
    callsOf: (method) => calls.filter((call) => call.method === method),
    trigger: (user) => {
      const id = `${state.serial()}.trigger`
      state.triggers.set(id, { user, madeAt: state.now(), isUsed: false })
      return id
    },
    responseUrl: (user, channel) => {
      const secret = `secret${state.serial()}`
      state.responseUrls.set(secret, { user, channel, madeAt: state.now(), uses: 0 })
      return `${base}/commands/${secret}`
    },
    seenBy: (user, channel) => {
      const known = state.channels.get(channel)
      const own = known?.ephemerals.filter((message) => message.user === user) ?? []
      return [...(known?.messages ?? []), ...own]
    },
    sockets,
    close: () => {
      sockets.cut()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface World {
  readonly state: SlackState
  readonly faults: ReturnType<typeof createFaults>
  readonly calls: RecordedCall[]
  readonly scopes: readonly string[]
  readonly methods: Methods
  readonly socketUrl: string
}

/** Not a method: an address of its own for each file. */
async function upload(
  { state }: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = request.url?.slice(UPLOADS.length) ?? ''
  const isTaken = takeUpload(state, id, await bytesOf(request))
  response.writeHead(isTaken ? 200 : 400).end()
}

async function handle(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const args = await argsOf(request)
  const isResponseUrl = path.startsWith('/commands/')
  const name = isResponseUrl ? 'respond' : path.replace('/api/', '')
  const fault = world.faults.next(name)
  const record = (outcome: string): void => {
    world.calls.push({ method: name, args, at: world.state.now(), outcome })
    noteCall(name)
  }
  if (fault !== undefined && (await isSpoiled(fault, response))) return record(fault.kind)
  const answer = isResponseUrl
    ? answerTo(() => {
        respond(world.state, path.slice('/commands/'.length), args)
        return {}
      })
    : answerTo(() => carryOut(world, name, args, tokenOf(request, args)))
  const isCut = fault?.kind === 'cut'
  record(isCut ? fault.kind : 'error' in answer ? String(answer['error']) : 'ok')
  if (isCut) {
    response.destroy()
    return
  }
  const status = isResponseUrl && answer['ok'] !== true ? 404 : 200
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-oauth-scopes': world.scopes.join(','),
  })
  response.end(JSON.stringify(answer))
}

/** Plays a fault; true when the call is over and nothing was carried out. */
async function isSpoiled(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'slow':
      await delay(fault.ms)
      return false
    case 'cut':
      if (!fault.isCarriedOut) response.destroy()
      return !fault.isCarriedOut
    case 'rate_limited':
      response.writeHead(429, { 'retry-after': String(fault.retryAfterS) }).end()
      return true
    case 'status':
      response.writeHead(fault.status).end('upstream trouble')
      return true
    case 'refused':
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ok: false, error: fault.error }))
      return true
  }
}

function answerTo(run: () => Answer): Answer {
  try {
    return { ok: true, ...run() }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, error: error.code, ...error.extra }
  }
}

function carryOut(world: World, name: string, args: Args, token: string): Answer {
  if (name === 'apps.connections.open') {
    if (token !== APP_TOKEN) throw new Refusal('invalid_auth')
    return { url: world.socketUrl }
  }
  if (!isMethod(name)) throw new Refusal('unknown_method')
  if (token !== TOKEN) throw new Refusal(token === '' ? 'not_authed' : 'invalid_auth')
  const isPrivate =
    args['is_private'] === 'true' ||
    string(args, 'types').includes('private_channel') ||
    world.state.channels.get(string(args, 'channel'))?.isPrivate === true
  const needed: readonly string[] = SCOPES[name][isPrivate ? 'private' : 'public']
  if (needed.length > 0 && !needed.some((scope) => world.scopes.includes(scope))) {
    throw new Refusal('missing_scope', {
      needed: needed.join(','),
      provided: world.scopes.join(','),
    })
  }
  return world.methods[name](world.state, args)
}

const tokenOf = (request: IncomingMessage, args: Args): string =>
  request.headers.authorization?.replace(/^Bearer /, '') ?? string(args, 'token')

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function argsOf(request: IncomingMessage): Promise<Args> {
  const body = (await bytesOf(request)).toString('utf8')
  if (!request.headers['content-type']?.includes('json')) {
    return Object.fromEntries(new URLSearchParams(body))
  }
  const parsed: unknown = JSON.parse(body)
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}
