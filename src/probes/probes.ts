import { setMaxListeners } from 'node:events'

import type { ActionProbeConfig, ProbeConfig } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import { matchesGlob } from '../domain/glob.ts'
import type { Probe, ProbeReading, Probes } from '../domain/ports/probes.ts'
import type { Clock } from '../domain/ports/runtime.ts'
import { queueKey, type QueueRef } from '../domain/queue.ts'
import { redactText } from '../domain/redaction.ts'
import type { Answer } from './answer.ts'
import { askHttp } from './http.ts'
import { within } from './limit.ts'
import { openPostgres, type Limit, type Postgres } from './postgres.ts'
import { createSharing } from './sharing.ts'
import { askConnections, askSql } from './sql.ts'

export interface OpenProbes extends Probes {
  /** Asks all that have no side effects, whatever queues they concern, each within its own time. */
  readAll(): Promise<readonly ProbeReading[]>
  close(): Promise<void>
}

type ReadingProbe = Exclude<ProbeConfig, ActionProbeConfig>

/** Opens what the configuration has people ask; nothing is connected before it is asked. */
export function openProbes(
  configs: readonly ProbeConfig[],
  { clock }: { readonly clock: Clock },
): OpenProbes {
  const postgres = openPostgres()
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const share = createSharing<Answer>()
  const readers = configs.filter((config) => config.kind !== 'action')
  const read = (config: ReadingProbe, withinMs: number): Promise<ProbeReading> => {
    const ms = Math.min(withinMs, config.withinMs)
    const shared = share(config.name, () =>
      within(ms, closing.signal, (signal) => ask(config, postgres, { withinMs: ms, signal })),
    )
    // Whoever joins a reading that is under way may have less time than the one who began it.
    return reading(
      config,
      clock,
      within(ms, closing.signal, () => shared),
    )
  }
  return {
    of: (ref) => configs.filter(concerns(ref)).map(probeOf),
    read: (ref, withinMs) =>
      Promise.all(readers.filter(concerns(ref)).map((config) => read(config, withinMs))),
    readAll: () => Promise.all(readers.map((config) => read(config, config.withinMs))),
    async act(name) {
      const config = configs.find((candidate) => candidate.name === name)
      if (config?.kind !== 'action') throw noSuchProbe(name, configs)
      const answer = within(config.withinMs, closing.signal, (signal) => askHttp(config, signal))
      return reading(config, clock, answer)
    },
    close: () => {
      closing.abort()
      return postgres.close()
    },
  }
}

const concerns =
  (ref: QueueRef) =>
  ({ queues }: ProbeConfig): boolean =>
    queues.some((glob) => matchesGlob(glob, queueKey(ref)))

function probeOf(config: ProbeConfig): Probe {
  const { name, kind, about } = config
  if (config.kind !== 'action') return { name, kind, about }
  const where = `${config.method} ${shownAddress(config.url)}`
  return { name, kind, about, sends: { where, body: config.body } }
}

const MAX_ADDRESS = 500

/** Whoever knows a webhook's address can post there: what in a path looks like a key is left out, as are queries. */
function shownAddress(url: string): string {
  const { origin, pathname } = new URL(url)
  const path = pathname
    .split('/')
    .map((part) => (looksSecret(part) ? '…' : part))
    .join('/')
  return redactText(`${origin}${path}`, { maxLength: MAX_ADDRESS })
}

/** Words are shorter, or made of parts; a key is one long run, mostly with digits in it. */
const looksSecret = (part: string): boolean =>
  (part.match(/[A-Za-z0-9_=%]{12,}/g) ?? []).some(
    (run) => run.length >= 24 || (/\d/.test(run) && /[A-Za-z]/.test(run)),
  )

const reading = async (
  { name, about }: ProbeConfig,
  clock: Clock,
  answer: Promise<Answer>,
): Promise<ProbeReading> => ({ name, about, ...(await answer), at: clock.now() })

function ask(config: ReadingProbe, postgres: Postgres, limit: Limit): Promise<Answer> {
  switch (config.kind) {
    case 'http':
      return askHttp(config, limit.signal)
    case 'sql':
      return askSql(config, postgres, limit)
    case 'connections':
      return askConnections(config, postgres, limit)
  }
}

function noSuchProbe(name: string, configs: readonly ProbeConfig[]): OperatorError {
  const names = configs.filter(({ kind }) => kind === 'action').map((config) => config.name)
  return new OperatorError(
    'bad_input',
    `There is no probe "${name}" with side effects.`,
    `Nothing was run. Configured: ${names.join(', ') || 'none'}.`,
  )
}
