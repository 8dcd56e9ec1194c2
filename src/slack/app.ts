import { App } from '@slack/bolt'

import type { SlackConfig } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import { ChatRefusal } from '../domain/ports/chat.ts'
import type { Clock, Ids, Log } from '../domain/ports/runtime.ts'
import { slackLogger, type SlackClients } from './clients.ts'
import { toPortError } from './faults.ts'
import { createGuard, type Guard, type Interaction } from './guard.ts'
import type { Identity } from './identity.ts'
import { createInFlight } from './in-flight.ts'
import { createLink, type Link } from './link.ts'

interface SlackStatus {
  /** `connecting`: first attempt; `connected`: requests can arrive; `away`: trying again; `stopped`. */
  readonly state: 'connecting' | 'connected' | 'away' | 'stopped'
  /** Why the last attempt failed; null when connected. */
  readonly problem: string | null
  readonly since: Date
  /** Where Bolt listens in HTTP mode. */
  readonly port: number | null
}

export interface SlackApp {
  /** Returns at once; connects in the background and keeps trying until `stop`. */
  start(): void
  status(): SlackStatus
  /** Takes no more requests, then waits up to 10 s for those being handled. Resolves to how many were cut off. */
  stop(): Promise<number>
}

export interface SlackAppDeps {
  readonly config: SlackConfig
  readonly clients: Pick<SlackClients, 'interactiveOptions'>
  readonly identity: () => Promise<Identity>
  readonly clock: Clock
  readonly ids: Pick<Ids, 'uuid'>
  readonly log: Log
  readonly onInteraction?: (interaction: Interaction) => void
  /** Binds listeners; wrap each with the guard. */
  readonly register: (app: App, guard: Guard) => void
}

const DRAIN_MS = 10_000
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 30_000

/** Bolt in the configured mode. Throws only for a configuration that can never work. */
export function createSlackApp(deps: SlackAppDeps): SlackApp {
  const { config, clients, log, clock } = deps
  const link = createLink(config, clients.interactiveOptions, log)
  const inFlight = createInFlight()
  bolt(deps, link, (work) => inFlight.track(work))

  const end = createEnd()
  let status: SlackStatus = { state: 'connecting', problem: null, since: clock.now(), port: null }
  const become = (
    state: SlackStatus['state'],
    problem: string | null,
    port: number | null,
  ): void => {
    status = { state, problem, port, since: clock.now() }
  }
  const connect = async (): Promise<void> => {
    await deps.identity()
    const { lost, port } = await link.open()
    become('connected', null, port)
    log.info({ event: 'slack.connected', mode: config.mode, port }, 'Slack can reach us')
    await Promise.race([lost, end.reached])
  }
  return {
    start: () => void keepConnected({ connect, become, log, end }),
    status: () => status,
    async stop() {
      end.reach()
      const closed = link.close().catch((error: unknown) => {
        log.warn({ event: 'slack.close_failed', err: error }, 'Slack was not left in order')
      })
      const cutOff = await inFlight.drain(DRAIN_MS)
      if (cutOff === 0) await Promise.race([closed, pause(1000)])
      become('stopped', null, null)
      return cutOff
    },
  }
}

/**
 * `authorize` instead of a token, so that Bolt asks Slack nothing by itself: its own check at the start
 * is an unhandled rejection when Slack is away.
 */
function bolt(deps: SlackAppDeps, link: Link, track: <T>(work: Promise<T>) => Promise<T>): App {
  const app = new App({
    receiver: link.receiver,
    authorize: async () => {
      const { botId, botUserId, teamId } = await deps.identity()
      return { botToken: deps.config.botToken, botId, botUserId, teamId }
    },
    clientOptions: { ...deps.clients.interactiveOptions },
    logger: slackLogger(deps.log),
    convoStore: false,
    extendedErrorHandler: true,
  })
  app.use(({ next }) => track(next()))
  app.error(({ error }: { readonly error: Error }) => {
    const reference = deps.ids.uuid().slice(0, 8)
    deps.log.error({ event: 'slack.unhandled', reference, err: error }, 'a listener failed')
    return Promise.resolve()
  })
  deps.register(app, createGuard(deps))
  return app
}

interface Connecting {
  readonly connect: () => Promise<void>
  readonly become: (
    state: SlackStatus['state'],
    problem: string | null,
    port: number | null,
  ) => void
  readonly log: Log
  readonly end: End
}

async function keepConnected({ connect, become, log, end }: Connecting): Promise<void> {
  let failures = 0
  while (!end.isReached()) {
    try {
      await connect()
      failures = 0
      if (!end.isReached()) become('away', 'the connection was lost; connecting again', null)
    } catch (error) {
      failures += 1
      if (end.isReached()) return
      const problem = problemOf(error)
      become('away', problem, null)
      log.warn({ event: 'slack.away', failures, err: error }, problem)
    }
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)
    await Promise.race([pause(waitMs), end.reached])
  }
}

/** In words for whoever reads the status: a wrong token reads otherwise than a Slack that is away. */
function problemOf(error: unknown): string {
  const known =
    error instanceof OperatorError || error instanceof ChatRefusal
      ? error
      : toPortError(error, 'open a connection')
  return known instanceof OperatorError ? `${known.message} ${known.advice}` : known.message
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

interface End {
  readonly reached: Promise<void>
  isReached(): boolean
  reach(): void
}

function createEnd(): End {
  let isReached = false
  let resolveIt = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    resolveIt = resolve
  })
  return {
    reached,
    isReached: () => isReached,
    reach: () => {
      isReached = true
      resolveIt()
    },
  }
}
