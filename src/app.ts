import type { Config } from './config/types.ts'
import type { AnchorSink } from './domain/ports/anchor-place.ts'
import type { Clock, Ids, Log } from './domain/ports/runtime.ts'
import type { Store } from './domain/ports/store.ts'
import type { Locale } from './domain/views.ts'
import { parseBody } from './http/alerts/parsers.ts'
import { createAlertRoutes } from './http/alerts/routes.ts'
import { createHealthRoutes, type PartState } from './http/health.ts'
import { createMetrics, createMetricsRoute, type Metrics } from './http/metrics.ts'
import type { Route } from './http/route.ts'
import { startSampling, type Sampling } from './http/sampling.ts'
import { createHttpServer } from './http/server.ts'
import { createLog } from './log.ts'
import { openProbes } from './probes/probes.ts'
import { openQueueSystems } from './queues/registry.ts'
import { randomIds, systemClock } from './runtime.ts'
import { createSlackApp, type SlackApp } from './slack/app.ts'
import { createChat } from './slack/chat.ts'
import { createClients, type SlackClients } from './slack/clients.ts'
import { createCompose } from './slack/compose.ts'
import { createDelivery, type Delivery } from './slack/delivery.ts'
import { createIdentity, type Identity } from './slack/identity.ts'
import { registerListeners } from './slack/listeners/register.ts'
import { createOpsChannel } from './slack/own-channels.ts'
import { createSecondWorkspace } from './slack/second-workspace.ts'
import { createAnchorFile, readAnchorFile } from './store/anchor-file.ts'
import { openDatabase, type Database } from './store/database.ts'
import { migrate } from './store/migrate.ts'
import { APP_ROLE, openPool } from './store/pool.ts'
import { createStore } from './store/store.ts'
import { announceOversized } from './usecases/alerts/announce-oversized.ts'
import { receiveDelivery } from './usecases/alerts/receive-delivery.ts'
import type { Deps } from './usecases/deps.ts'
import { correlationOf } from './usecases/incidents/correlation.ts'
import { startEngine, type Engine } from './work/engine.ts'
import { createHandlers, type HandlerDeps } from './work/handlers.ts'
import type { Handlers } from './work/runner.ts'

/** What a caller may put in place of the real thing. */
export interface Overrides {
  readonly log?: Log
  readonly clock?: Clock
  readonly ids?: Ids
  /** A database that is there already; it is not stopped with the app. */
  readonly database?: Database
  /** Milliseconds between two samples of the watched systems; 15 s unless told. */
  readonly sampleEveryMs?: number
}

export interface RunningApp {
  /** Where alerts, health and metrics are served. */
  readonly url: string
  readonly slack: Pick<SlackApp, 'status'>
  readonly store: Store
  /** Stops in order: first what comes in, last what the others need. Takes some 15 s at most. Never rejects. */
  stop(): Promise<void>
}

/** One waits for notifications, the others serve jobs, clicks and alerts. */
const CONNECTIONS = 20
const SAMPLE_MS = 15_000
const STOP_MS = 10_000

/**
 * Builds everything and starts it. Slack, PostgreSQL and the watched systems may all be away: what does
 * not need them works, and the rest begins when they are back. Rejects only for what can never work,
 * such as a port that is taken.
 */
export async function startApp(config: Config, overrides: Overrides = {}): Promise<RunningApp> {
  const { settings } = config
  const log = overrides.log ?? createLog({ level: config.logLevel, instance: settings.instance })
  const clock = overrides.clock ?? systemClock
  const ids = overrides.ids ?? randomIds
  const metrics = createMetrics()
  const database = overrides.database ?? (await openDatabase(config.database, log))
  const pool = openPool(database.app, { log, role: APP_ROLE, max: CONNECTIONS })
  const store = createStore(pool, settings.instance, clock)
  const systems = openQueueSystems(config.systems, { clock, log })
  const probes = openProbes(config.probes, { clock })
  const clients = createClients({ config: config.slack, log, onCall: observe(metrics) })
  const identity = createIdentity(clients.interactive)
  const chat = createChat({ clients, identity, ...chatRules(config), clock, log })
  const deps: Deps = { store, systems, probes, chat, settings, clock, ids, log }
  const parts: Parts = { config, deps, clients, identity, metrics }

  const slack = buildSlack(parts)
  const delivery = buildDelivery(parts)
  const deliverChannel = (channel: string) => delivery.deliverChannel(channel)
  const places = anchorPlaces(config, log)
  const handlers = counting(
    createHandlers({ ...deps, ...places, parse: parseBody, deliverChannel }),
    parts,
  )
  const prepare = (): Promise<unknown> => migrate(database.owner, { log })
  const engine = startEngine({ pool, handlers, deps, prepare })
  const everyMs = overrides.sampleEveryMs ?? SAMPLE_MS
  const sampling = startSampling({ systems, store, metrics, clock, log, everyMs })
  const stopping = new AbortController()
  const routes = buildRoutes(parts, { slack, engine, sampling, signal: stopping.signal })
  const http = createHttpServer({ ...config.http, ids, log, routes })
  const { url } = await http.start()
  slack.start()
  log.info({ event: 'app.started', url }, 'started')

  const stop = async (): Promise<void> => {
    stopping.abort()
    sampling.stop()
    await inOrder(log, [
      ['http', () => http.stop(STOP_MS)],
      ['slack', () => slack.stop()],
      ['work', () => engine.stop(STOP_MS)],
      ['queues', () => systems.close()],
      ['probes', () => probes.close()],
      ['pool', () => pool.end()],
      ['database', () => (overrides.database === undefined ? database.stop() : Promise.resolve())],
    ])
    log.info({ event: 'app.stopped' }, 'stopped')
  }
  return { url, slack, store, stop: once(stop) }
}

interface Parts {
  readonly config: Config
  readonly deps: Deps
  readonly clients: SlackClients
  readonly identity: () => Promise<Identity>
  readonly metrics: Metrics
}

const chatRules = ({ settings }: Config) => ({
  roleGroups: [...new Set(settings.roles.flatMap((role) => role.groups))],
  roomsArePrivate: settings.rooms.isPrivate,
})

const localeOf = ({ settings }: Config): Locale => ({
  timeZone: settings.timeZone,
  commands: settings.commands,
})

function buildSlack({ config, deps, clients, identity, metrics }: Parts): SlackApp {
  const context = { deps, locale: localeOf(config), client: clients.interactive }
  return createSlackApp({
    config: config.slack,
    clients,
    identity,
    clock: deps.clock,
    ids: deps.ids,
    log: deps.log,
    onInteraction: ({ kind, outcome }) => metrics.interactions.inc({ kind, outcome }),
    register: (app, guard) => registerListeners(app, guard, context),
  })
}

function buildDelivery({ config, deps, clients }: Parts): Delivery {
  const { store, clock, log } = deps
  const { opsChannel: ops, audit } = config.settings
  const opsChannel = createOpsChannel(clients.background, ops)
  const auditChannel = createOpsChannel(clients.background, audit.anchorChannel ?? ops)
  return createDelivery({
    messages: store.now.messages,
    client: clients.background,
    compose: createCompose(deps, localeOf(config)),
    resolveChannel: async (target) => {
      switch (target.kind) {
        case 'ops':
          return opsChannel()
        case 'audit':
          return auditChannel()
        // Slack takes a person's id for the channel of their direct messages.
        case 'person':
          return target.userId
        case 'room':
          return (await store.now.incidents.byId(target.incidentId))?.channelId ?? null
      }
    },
    correlationOf: (message) => correlationOf(store.now, message),
    clock,
    log,
  })
}

/** Where anchors of the audit trail go beside Slack, and where they can be read without it. */
function anchorPlaces({ settings, secondWorkspace: second }: Config, log: Log): AnchorPlaces {
  const file = settings.audit.anchorFile
  const sinks: AnchorSink[] = file === null ? [] : [createAnchorFile(file)]
  if (second !== null) {
    const { background } = createClients({ config: second, log })
    sinks.push(createSecondWorkspace(background, createOpsChannel(background, second.channel)))
  }
  return {
    anchorSinks: sinks,
    readAnchors: async () => (file === null ? [] : [await readAnchorFile(file)]),
  }
}

type AnchorPlaces = Pick<HandlerDeps, 'anchorSinks' | 'readAnchors'>

interface Shown {
  readonly slack: SlackApp
  readonly engine: Engine
  readonly sampling: Sampling
  readonly signal: AbortSignal
}

const buildRoutes = (
  { config, deps, metrics }: Parts,
  { slack, engine, sampling, signal }: Shown,
): Route[] => [
  ...createAlertRoutes({
    sources: config.alertSources,
    receive: (body) => receiveDelivery(deps, body),
    onOutcome: (source, outcome) => metrics.deliveries.inc({ source, outcome }),
    onTooLarge: async (source, bytes) => {
      await announceOversized(deps, { source, bytes })
    },
  }),
  ...createHealthRoutes({
    pingDatabase: () => deps.store.ping(),
    work: () => engineState(engine),
    slack: () => slackState(slack),
    systems: () => sampling.states(),
    isStopping: () => signal.aborted,
  }),
  createMetricsRoute(metrics),
]

const observe =
  (metrics: Metrics) =>
  ({ method, ms, outcome }: { method: string; ms: number; outcome: string }): void =>
    metrics.slackCalls.observe({ method, outcome }, ms / 1000)

/** Counts every plan that came to its end here; one that was over before was counted by another replica. */
const counting = (handlers: Handlers, { deps, metrics }: Parts): Handlers => ({
  ...handlers,
  async execute_plan(task) {
    const before = await deps.store.now.plans.byId(task.planId)
    await handlers.execute_plan(task)
    const plan = await deps.store.now.plans.byId(task.planId)
    if (before?.finishedAt === null && plan !== null && plan.finishedAt !== null)
      metrics.actions.inc({ action: plan.action, outcome: plan.state })
  },
})

function engineState(engine: Engine): PartState {
  const isUp = engine.isRunning()
  return { isUp, words: isUp ? 'runs' : 'waits for the database' }
}

function slackState(slack: SlackApp): PartState {
  const { state, problem, since } = slack.status()
  if (state === 'connected') return { isUp: true, words: state }
  const why = problem ?? 'first attempt'
  return { isUp: false, words: `${state} since ${since.toISOString()}: ${why}` }
}

async function inOrder(
  log: Log,
  steps: readonly (readonly [string, () => Promise<unknown>])[],
): Promise<void> {
  for (const [part, step] of steps)
    await step().catch((error: unknown) =>
      log.error({ event: 'app.stop_failed', part, err: error }, 'a part did not stop in order'),
    )
}

/** Stopping twice is stopping once. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  return () => (running ??= run())
}
