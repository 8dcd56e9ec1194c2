import { setTimeout as delay } from 'node:timers/promises'

import { Redis } from 'ioredis'

import type { Config } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/runtime.ts'
import { createLog } from '../log.ts'
import { createClients } from '../slack/clients.ts'
import { openDatabase, type Database } from '../store/database.ts'
import { APP_ROLE, openPool } from '../store/pool.ts'
import { createStore } from '../store/store.ts'
import { playOnCall } from './auto.ts'
import { queueEye } from './auto/queue-eye.ts'
import type { Query } from './auto/records.ts'
import { trailAccess, type TrailAccess } from './auto/trail-access.ts'
import { createClosers, type Closers } from './closers.ts'
import { freshDataDir } from './data-dir.ts'
import { demoConfig } from './demo-config.ts'
import { VAT_GLOB } from './estate-queues.ts'
import { startEstate } from './estate.ts'
import { freePort } from './free-port.ts'
import { startLocalSlack } from './local-slack.ts'
import { HELP, readOptions, type DemoOptions } from './options.ts'
import { chooseWorkspace } from './real-slack.ts'
import { startRedis } from './redis-server.ts'
import { manifestScopes } from './scopes.ts'
import { startSlackShim } from './slack-shim.ts'
import { terminalIo, type DemoIo } from './terminal.ts'
import { live, startTrouble, watchAlerts } from './trouble.ts'
import { openUi, type UiClient } from './ui-client.ts'
import { AUDIT_CHANNEL, type DemoPerson, LEAD, OPERATOR, VIEWER } from './workspace.ts'

/** `startApp` of the composition root, as far as the demo needs it. */
export type StartDemoApp = (
  config: Config,
  overrides: { readonly database: Database; readonly sampleEveryMs: number },
) => Promise<{ stop(): Promise<void> }>

const DEFAULT_PORT = 4390
/** The numbers of a demo should move while one looks. */
const SAMPLE_MS = 5000
const READY_MS = 60_000

/**
 * The demo: databases, local Slack, sample platform, the bot, and trouble that starts by itself. Returns
 * the exit code: 0 after an orderly end or a play without fault, else 1. Reads no SLACK_*, REDIS_URL or
 * DATABASE_URL, but the Slack tokens with `--real-slack`.
 */
export async function runDemo(
  args: readonly string[],
  startApp: StartDemoApp,
  io: DemoIo = terminalIo(),
): Promise<number> {
  const closers = createClosers()
  const ended = new Promise<'ended'>((resolve) => {
    io.signal.addEventListener('abort', () => resolve('ended'), { once: true })
  })
  try {
    const options = readOptions(args)
    if (options === null) io.say(HELP)
    const show = options === null ? null : perform(options, startApp, io, closers)
    const end = await Promise.race([show, ended])
    return end === 'ended' && options?.isAuto === true ? 1 : 0
  } catch (error) {
    for (const line of problemWords(error)) io.say(line)
    return 1
  } finally {
    await closers.closeAll((error) => io.say(`While ending: ${problemWords(error).join(' ')}`))
  }
}

const problemWords = (error: unknown): readonly string[] => {
  if (error instanceof OperatorError) return [error.message, error.advice]
  return [error instanceof Error ? error.message : String(error)]
}

/** Slack first, for a person waits for the address of its page; then the rest, in the order of need. */
async function perform(
  options: DemoOptions,
  startApp: StartDemoApp,
  io: DemoIo,
  closers: Closers,
): Promise<void> {
  const inWorkspace = options.isRealSlack ? await chooseWorkspace(io) : (config: Config) => config
  const data = closers.add(await freshDataDir(options.dataDir))
  const slackUrl = options.isRealSlack ? '' : await openSlack(options, io, closers)
  const redis = closers.add(await startRedis({ log: withoutServerLog(io.say) }))
  const estate = closers.add(startEstate({ redisUrl: redis.url }))
  const httpPort = await freePort()
  const addresses = { redisUrl: redis.url, slackUrl, httpPort, databaseDir: data.path }
  const config = inWorkspace(demoConfig(addresses))
  const log = createLog({ level: config.logLevel, instance: config.settings.instance })
  const database = closers.add(await openDatabase(config.database, log))
  closers.add(await startApp(config, { database, sampleEveryMs: SAMPLE_MS }))
  await untilReady(httpPort, io.signal)
  const client = new Redis(redis.url, { maxRetriesPerRequest: null })
  closers.add({ stop: () => client.disconnect() })
  const eyeOf = (queue: string) => queueEye(client, queue)
  closers.add(watchAlerts(eyeOf, httpPort))
  await startTrouble(estate, io)
  if (!options.isAuto) return live(eyeOf, estate, io)
  const [ui, lead, viewer] = await Promise.all([
    sitDown(slackUrl, OPERATOR, closers),
    sitDown(slackUrl, LEAD, closers),
    sitDown(slackUrl, VIEWER, closers),
  ])
  const reader = { config, log, closers }
  const query = queryOf(database, reader)
  const trail = trailOf(database, reader)
  await playOnCall({ ui, lead, viewer, redis: client, query, estate, trail, log: io.say })
  io.say('Everything went as it should.')
}

/** Somebody in front of the local Slack's page. */
async function sitDown(url: string, person: DemoPerson, closers: Closers): Promise<UiClient> {
  const ui = await openUi({ url, user: person.id, patienceMs: 40_000 })
  closers.add({ stop: () => ui.close() })
  return ui
}

interface Reader {
  readonly config: Config
  readonly log: Log
  readonly closers: Closers
}

/** Reads the database past Spillway's own code. */
function queryOf(database: Database, { log, closers }: Reader): Query {
  const pool = openPool(database.owner, { log, max: 1 })
  closers.add({ stop: () => pool.end() })
  return async (sql, values) => (await pool.query(sql, [...(values ?? [])])).rows
}

/** Verifies the trail as `spillway audit` does: with the application's rights, beside the bot. */
function trailOf(database: Database, { config, log, closers }: Reader): TrailAccess {
  const pool = openPool(database.app, { log, role: APP_ROLE, max: 1 })
  closers.add({ stop: () => pool.end() })
  const { instance } = config.settings
  return trailAccess({
    store: createStore(pool, instance),
    client: createClients({ config: config.slack, log }).background,
    channel: AUDIT_CHANNEL.id,
    instance,
  })
}

/** The bot connects in the background: what is typed before that would be lost. */
async function untilReady(httpPort: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MS
  let words = 'no answer'
  while (performance.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/readyz`, { signal }).catch(() => null)
    if (answer?.ok === true) return
    words = (await answer?.text()) ?? words
    await delay(100, undefined, { signal })
  }
  throw new Error(`The bot was not ready after ${READY_MS / 1000} s: ${words}`)
}

/** The local Slack behind its shim; gives the address of the page, which the person is told, too. */
async function openSlack(
  { isAuto, port }: DemoOptions,
  { say }: DemoIo,
  closers: Closers,
): Promise<string> {
  const slack = closers.add(await startLocalSlack())
  if (!slack.isPrivate)
    say(`Warning: the local Slack can be reached from the network, at port ${slack.port}.`)
  const scopes = await manifestScopes()
  const open = (at: number) => startSlackShim({ slack, port: at, scopes })
  // Whoever names a port means it; the usual one may be taken.
  const openUsual = () => (isAuto ? open(0) : open(DEFAULT_PORT).catch(() => open(0)))
  const shim = closers.add(await (port === null ? openUsual() : open(port)))
  if (!isAuto) for (const line of welcome(shim.url)) say(line)
  return shim.url
}

/** What is said of unpacking Redis, not what Redis says of itself. */
const withoutServerLog =
  (say: DemoIo['say']): DemoIo['say'] =>
  (line) => {
    if (!/^\d+:/.test(line)) say(line)
  }

const welcome = (url: string): readonly string[] => [
  '',
  `  Open ${url}`,
  '',
  `  You are ${OPERATOR.realName}. Within half a minute two incident rooms open by themselves: #inc-…`,
  '  #inc-…-whatsapp-send: acknowledge, look at the failures, pause the queue and say why. Half a',
  '  minute after the pause the provider answers again: resume the queue; once it has recovered, the',
  '  incident resolves by itself.',
  '  Its failures have buttons: quarantine those of one error, look at /queue vault, undo it. Once the',
  '  provider answers: /queue replay runs ten of them, then the rest in waves; hold or halt it there.',
  '  #inc-…-payment-capture: /queue pause for 1h is not for one person to decide. Act as Bruno, who',
  '  got a direct message, to approve it; act as Carla to be refused.',
  `  Many queues at once: /queue pause ${VAT_GLOB} for 10m. Also: /queue list, /queue failed,`,
  '  /queue pending, /queue held, /queue audit, /queue help. Ctrl-C ends it.',
  '',
]
