import type { Config } from '../../config/types.ts'
import type { ProbeReading } from '../../domain/ports/probes.ts'
import type { QueueSystems } from '../../domain/ports/queue-system.ts'

/** What doctor asks of Slack. Each throws `ChatRefusal` with Slack's code, or that Slack is away. */
export interface SlackProbe {
  whoAmI(): Promise<{ readonly team: string; readonly scopes: readonly string[] }>
  /** Asks for a Socket Mode address with the app token, and does not use it. */
  openSocket(): Promise<void>
  /** Channels that the bot is in; private ones need the scope groups:read. */
  ownChannels(
    kinds: 'public' | 'public_and_private',
  ): Promise<readonly { readonly id: string; readonly name: string }[]>
  user(
    id: string,
  ): Promise<{ readonly name: string; readonly isGone: boolean; readonly isBot: boolean }>
  groupMembers(id: string): Promise<readonly string[]>
}

/** The database as the application sees it. */
export interface DatabaseState {
  readonly serverVersion: string
  /** Migrations that this version brings and the database lacks. */
  readonly pending: readonly string[]
  /** What the application may do to the audit trail beyond reading and adding: must be nothing. */
  readonly auditRights: readonly string[]
  /** Why anchors of the audit trail are not where they should be, each place in words. */
  readonly anchorProblems: readonly string[]
  /** The login itself may change the audit trail, by giving up the application's role. */
  readonly isOwnerLogin: boolean
}

export interface DatabaseProbe {
  /** Null: an embedded database that the first start will make. */
  state(): Promise<DatabaseState | null>
}

/** The configured probes. */
interface ProbeReader {
  /** Asks all that have no side effects; what goes wrong is the reading. */
  readAll(): Promise<readonly ProbeReading[]>
}

/** Everything outside that doctor looks at, passed in. */
export interface DoctorPorts {
  readonly config: Config
  readonly slack: SlackProbe
  readonly database: DatabaseProbe
  readonly systems: QueueSystems
  readonly probes: ProbeReader
  /** The search for queues is over when it found nothing new for `settleMs`, or after `maxMs`. */
  readonly patience: { readonly settleMs: number; readonly maxMs: number }
  /** Bot scopes of `manifest.yml`. */
  readonly manifest: { readonly scopes: readonly string[]; readonly optional: readonly string[] }
}
