import { page, type Answer, type Route } from './route.ts'

/** What one part of the program says of itself. */
export interface PartState {
  readonly isUp: boolean
  /** For people, without secrets: `connected`, `away since 14:02`, … */
  readonly words: string
}

export interface HealthOptions {
  /** Resolves if the database answers within a second. */
  readonly pingDatabase: () => Promise<void>
  readonly work: () => PartState
  readonly slack: () => PartState
  /** The watched systems as last seen, by name. */
  readonly systems: () => Readonly<Record<string, PartState>>
  /** True once an orderly stop has begun. */
  readonly isStopping: () => boolean
}

/**
 * `/livez`: the process answers. `/readyz`: it can take alerts in and act on what it knows, which needs the
 * database and the work runner. Slack and the watched systems are shown but decide nothing: while they
 * are away, alerts must still be taken in, and a restart would mend nothing.
 */
export const createHealthRoutes = (options: HealthOptions): Route[] => [
  page('/livez', () => Promise.resolve({ status: 200, body: { isAlive: true } })),
  page('/readyz', () => readiness(options)),
]

async function readiness(options: HealthOptions): Promise<Answer> {
  const deciding = { database: await databaseState(options), work: options.work() }
  const isReady = !options.isStopping() && Object.values(deciding).every(({ isUp }) => isUp)
  const shown = { slack: options.slack(), ...prefixed(options.systems()) }
  const degraded = Object.entries({ ...deciding, ...shown })
    .filter(([, { isUp }]) => !isUp)
    .map(([name]) => name)
  return {
    status: isReady ? 200 : 503,
    body: { isReady, isStopping: options.isStopping(), degraded, parts: { ...deciding, ...shown } },
  }
}

const databaseState = ({ pingDatabase }: HealthOptions): Promise<PartState> =>
  pingDatabase().then(
    () => ({ isUp: true, words: 'answers' }),
    // The error may name the address; the log has it.
    () => ({ isUp: false, words: 'does not answer' }),
  )

const prefixed = (systems: Readonly<Record<string, PartState>>): Record<string, PartState> =>
  Object.fromEntries(Object.entries(systems).map(([name, state]) => [`system:${name}`, state]))
