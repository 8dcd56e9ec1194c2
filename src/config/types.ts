import type { Probe } from '../domain/ports/probes.ts'
import type { Settings } from '../domain/settings.ts'

/** A BullMQ installation on one Redis. */
export interface BullmqSystemConfig {
  readonly kind: 'bullmq'
  readonly name: string
  /** redis:// or rediss://, credentials included: never log it. */
  readonly url: string
  readonly prefix: string
  /** Queues that are always known, beside those discovered. */
  readonly queues: readonly string[]
  /** Milliseconds between two steps of the background scan; null switches it off. */
  readonly scanPauseMs: number | null
  /** BullMQ majors that write these queues, where the operator knows better than the metadata. */
  readonly majors: readonly (4 | 5 | 6)[] | null
}

export type SystemConfig = BullmqSystemConfig

export interface SlackConfig {
  readonly mode: 'socket' | 'http'
  readonly botToken: string
  /** Socket Mode only. */
  readonly appToken: string | null
  /** HTTP mode only. */
  readonly signingSecret: string | null
  /** HTTP mode: where Bolt listens. */
  readonly port: number
  readonly host: string
  /** Another API address, for tests and the demo. */
  readonly apiUrl: string | null
}

export interface AlertSourceConfig {
  readonly kind: 'alertmanager' | 'json'
  /** Any of these is accepted, so that one can be rotated. */
  readonly bearerTokens: readonly string[]
}

/** What every probe has, whatever it asks. */
interface ProbeBase extends Pick<Probe, 'name' | 'about'> {
  /** Globs over `system/queue`: whose jobs depend on what it asks. */
  readonly queues: readonly string[]
  /** After so long without an answer nothing is known; in ms. */
  readonly withinMs: number
}

/** Asks an address by HTTP. */
export interface HttpProbeConfig extends ProbeBase {
  readonly kind: 'http'
  /** Credentials included: never show it. */
  readonly url: string
  /** Any other status is bad. */
  readonly expect: readonly number[]
  readonly bearer: string | null
}

/** Asks a PostgreSQL whether something holds: one row, one boolean. */
export interface SqlProbeConfig extends ProbeBase {
  readonly kind: 'sql'
  /** postgres://, credentials included: never show it. */
  readonly url: string
  readonly query: string
}

/** Counts the connections of a PostgreSQL. */
export interface ConnectionsProbeConfig extends ProbeBase {
  readonly kind: 'connections'
  /** postgres://, credentials included: never show it. */
  readonly url: string
  /** 0 to 1: above this share of `max_connections` it is bad. */
  readonly most: number
}

/** Goes the whole way through, with side effects. */
export interface ActionProbeConfig extends ProbeBase {
  readonly kind: 'action'
  /** Credentials included: never show it. */
  readonly url: string
  readonly method: 'POST' | 'PUT'
  readonly body: string | null
  readonly expect: readonly number[]
  readonly bearer: string | null
}

export type ProbeConfig =
  | HttpProbeConfig
  | SqlProbeConfig
  | ConnectionsProbeConfig
  | ActionProbeConfig

export interface DatabaseConfig {
  /** Owner of the schema; null means the embedded PostgreSQL. */
  readonly url: string | null
  /** Login of the application role; null means the owner's login with `SET ROLE`. */
  readonly appUrl: string | null
  /** Where the embedded server keeps its data. */
  readonly dataDir: string
}

/** Another workspace that keeps anchors of the audit trail: its administrators are others. */
export interface SecondWorkspaceConfig {
  readonly botToken: string
  /** Channel id or name. */
  readonly channel: string
  readonly apiUrl: string | null
}

export interface Config {
  readonly settings: Settings
  readonly systems: readonly SystemConfig[]
  readonly slack: SlackConfig
  readonly secondWorkspace: SecondWorkspaceConfig | null
  readonly probes: readonly ProbeConfig[]
  readonly alertSources: readonly AlertSourceConfig[]
  readonly http: { readonly host: string; readonly port: number }
  readonly database: DatabaseConfig
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}
