import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { parse } from 'yaml'
import { z } from 'zod'

import { loadConfig } from '../config/load.ts'
import type { Env } from '../config/substitute.ts'
import type { Config, SystemConfig } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import { scrubText } from '../log.ts'
import { openProbes } from '../probes/probes.ts'
import { openQueueSystems } from '../queues/registry.ts'
import { createDatabaseProbe } from './doctor/database-probe.ts'
import { examine } from './doctor/examine.ts'
import { notesOn, type Finding } from './doctor/finding.ts'
import { countOf, printFindings } from './doctor/print.ts'
import { createSlackProbe } from './doctor/slack-probe.ts'

export interface DoctorCall {
  /** What stands after `doctor`: `--config <file>`, `--json`. */
  readonly args: readonly string[]
  readonly env: Env
  readonly cwd: string
  readonly clock: Clock
  readonly log: Log
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

/** `spillway doctor`: prints what it finds and what to do. Resolves to the exit code: 1 if anything fails. */
export async function doctor(call: DoctorCall): Promise<0 | 1> {
  const { values } = parseArgs({
    args: [...call.args],
    options: { config: { type: 'string' }, json: { type: 'boolean', default: false } },
  })
  const findings = (await look(call, values.config)).map(withoutSecrets)
  const isWell = countOf(findings, 'fail') === 0
  call.write(
    values.json
      ? `${JSON.stringify({ isWell, findings }, null, 2)}\n`
      : printFindings(findings, call.isTerminal),
  )
  return isWell ? 0 : 1
}

/** Errors of drivers are quoted in findings, and people paste findings into tickets. */
const withoutSecrets = (finding: Finding): Finding => ({
  ...finding,
  what: scrubText(finding.what),
})

async function look(
  { env, cwd, clock, log }: DoctorCall,
  path: string | undefined,
): Promise<readonly Finding[]> {
  const note = notesOn('configuration')
  let config: Config
  try {
    config = loadConfig({ env, cwd, ...(path === undefined ? {} : { path }) })
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return [note.fail(error.message, error.advice)]
  }
  const systems = openQueueSystems(config.systems.map(searchedFast), { clock, log })
  const probes = openProbes(config.probes, { clock })
  try {
    const findings = await examine({
      config,
      systems,
      probes,
      slack: createSlackProbe(config.slack, log),
      database: createDatabaseProbe(config.database, log),
      manifest: readManifest(),
      patience: PATIENCE,
    })
    return [...describe(config), ...findings]
  } finally {
    await Promise.all([systems.close(), probes.close()])
  }
}

const PATIENCE = { settleMs: 1000, maxMs: 10_000 }
const SCAN_PAUSE_MS = 2

/** Somebody waits for the answer; a search that is switched off stays off. */
const searchedFast = (system: SystemConfig): SystemConfig =>
  system.scanPauseMs === null ? system : { ...system, scanPauseMs: SCAN_PAUSE_MS }

function describe(config: Config): Finding[] {
  const note = notesOn('configuration')
  const { queueRules, roles } = config.settings
  const sources = config.alertSources.map(({ kind }) => kind)
  return [
    note.ok(
      `${config.systems.length} systems, ${queueRules.length} queue rules, ${roles.length} roles`,
    ),
    sources.length > 0
      ? note.ok(`alerts are taken from ${sources.join(', ')}`)
      : note.warn(
          'no alert source has credentials, so no alert can come in',
          'Set alerts.alertmanager.bearer or alerts.json.bearer.',
        ),
  ]
}

const Manifest = z.object({
  oauth_config: z.object({
    scopes: z.object({ bot: z.array(z.string()), bot_optional: z.array(z.string()).default([]) }),
  }),
})

function readManifest(): { scopes: readonly string[]; optional: readonly string[] } {
  const text = readFileSync(new URL('../../manifest.yml', import.meta.url), 'utf8')
  const { bot, bot_optional: optional } = Manifest.parse(parse(text)).oauth_config.scopes
  return { scopes: bot, optional }
}
