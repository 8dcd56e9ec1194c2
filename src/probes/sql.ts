import type { ConnectionsProbeConfig, SqlProbeConfig } from '../config/types.ts'
import { codeOf, connectionFailure, unknown, unwell, well, type Answer } from './answer.ts'
import type { Limit, Postgres } from './postgres.ts'

/** Whether the query's one boolean is true. Whatever else it gives is not known to be well. */
export const askSql = (probe: SqlProbeConfig, postgres: Postgres, limit: Limit): Promise<Answer> =>
  answering(async () => {
    const beganAt = performance.now()
    const rows = await postgres.ask(probe.url, probe.query, limit)
    const took = `in ${Math.round(performance.now() - beganAt)} ms`
    const [value] = rows[0] ?? []
    if (rows.length !== 1 || rows[0]?.length !== 1 || typeof value !== 'boolean')
      return unknown('the query does not give one row with one boolean')
    return value ? well(`true ${took}`) : unwell(`false ${took}`)
  })

/** Only what counts against `max_connections`. What others do is hidden from most logins; that they are there is not. */
const CONNECTIONS = `
  select count(*)::int, current_setting('max_connections')::int
  from pg_stat_activity
  where datid is not null and coalesce(backend_type, 'client backend') = 'client backend'`

/** Whether the server has connections left; the probe's own is one of those that are counted. */
export const askConnections = (
  probe: ConnectionsProbeConfig,
  postgres: Postgres,
  limit: Limit,
): Promise<Answer> =>
  answering(async () => {
    const [row] = await postgres.ask(probe.url, CONNECTIONS, limit)
    const [used, most] = row ?? []
    if (typeof used !== 'number' || typeof most !== 'number')
      return unknown('it did not count them')
    const words = `${used} of ${most} connections (${perCent(used / most)} %)`
    return used / most > probe.most
      ? unwell(`${words}, at most ${perCent(probe.most)} %`)
      : well(words)
  })

const perCent = (share: number): number => Number((share * 100).toFixed(1))

async function answering(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    return failure(error)
  }
}

/** By PostgreSQL's codes; its messages quote what was asked and what it holds. */
const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the login',
  '28000': 'it refuses the login',
  '3D000': 'there is no such database',
  '42501': 'the login may not read that',
  '42P01': 'the query names a table that is not there',
  '42703': 'the query names a column that is not there',
  '42601': 'the query is not SQL that it understands, or more than one statement',
  '25006': 'the query would change something, and probes only read',
  '57014': 'no answer in time',
  '57P01': 'it is shutting down',
  '57P02': 'it has crashed',
  '57P03': 'it is still starting',
}

/** What pg finds out by itself has no code. */
const CODELESS: readonly (readonly [RegExp, string])[] = [
  [/connection terminated/i, 'the connection broke off before an answer'],
  [/timeout exceeded/i, 'no connection in time'],
  [/does not support SSL/i, 'it takes no TLS connections'],
  [/SASL|SCRAM|client password/i, 'it refuses the login'],
]

function failure(error: unknown): Answer {
  const code = codeOf(error)
  if (code === '53300') return unwell('it has no connection left')
  return connectionFailure(error) ?? unknown(REFUSALS[code] ?? codelessWords(error, code))
}

function codelessWords(error: unknown, code: string): string {
  const said = error instanceof Error ? error.message : ''
  const [, words] = CODELESS.find(([pattern]) => pattern.test(said)) ?? []
  return words ?? `it could not be asked${code === '' ? '' : ` (${code})`}`
}
