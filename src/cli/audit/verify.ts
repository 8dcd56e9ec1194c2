import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { loadConfig } from '../../config/load.ts'
import { type AuditReport, isTampered } from '../../domain/audit-report.ts'
import { OperatorError } from '../../domain/errors.ts'
import { verifyExport } from '../../usecases/audit/verify-export.ts'
import { verifyTrail } from '../../usecases/audit/verify-trail.ts'
import type { AuditCall } from '../audit.ts'
import { withStore } from '../open-store.ts'
import { printReport, type Verdict } from './print-report.ts'
import { readLists, readPlaces } from './readings.ts'

const EXITS: Readonly<Record<Verdict, number>> = { good: 0, tampered: 4, unchecked: 5 }

const OPTIONS = {
  config: { type: 'string' },
  export: { type: 'string' },
  anchors: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
  'no-slack': { type: 'boolean', default: false },
} as const

interface Checked {
  readonly report: AuditReport
  readonly problems: readonly string[]
}

/** `spillway audit verify`: 0 when all is well, 4 when somebody changed history, 5 when that could not be found out. */
export async function verify(call: AuditCall, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const startedAt = call.clock.now().getTime()
  let checked: Checked
  try {
    checked = await (values.export === undefined
      ? database(call, values)
      : offline(call, { ...values, file: values.export }))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return unchecked(call, error, values.json)
  }
  const verdict = verdictOf(checked)
  const tookMs = call.clock.now().getTime() - startedAt
  const { report, problems } = checked
  call.write(
    values.json
      ? `${JSON.stringify({ verdict, ...report, problems, tookMs })}\n`
      : printReport({ verdict, report, problems, tookMs }),
  )
  return EXITS[verdict]
}

const verdictOf = ({ report, problems }: Checked): Verdict => {
  if (isTampered(report)) return 'tampered'
  return problems.length === 0 ? 'good' : 'unchecked'
}

function unchecked(call: AuditCall, error: Error, isJson: boolean): number {
  const advice = error instanceof OperatorError ? error.advice : 'Nothing was changed.'
  call.write(
    isJson
      ? `${JSON.stringify({ verdict: 'unchecked', problems: [error.message] })}\n`
      : `The audit trail could not be checked. ${error.message}\n${advice}\n`,
  )
  return EXITS.unchecked
}

interface Given {
  readonly config?: string
  readonly anchors?: readonly string[]
  readonly 'no-slack'?: boolean
}

const configOf = ({ env, cwd }: AuditCall, { config }: Given) =>
  loadConfig({ env, cwd, ...(config === undefined ? {} : { path: config }) })

async function database(call: AuditCall, given: Given): Promise<Checked> {
  const config = configOf(call, given)
  const lists = await readLists(given.anchors ?? [])
  const isSlackAsked = given['no-slack'] !== true
  const { readings, problems } = await readPlaces(config, call.log, { isSlackAsked })
  const { instance } = config.settings
  const report = await withStore({ ...call, config }, (store) =>
    verifyTrail(store, { instance, readings: [...lists, ...readings] }),
  )
  return { report, problems }
}

/** Without database, Slack or, unless it is named, configuration: on any machine that has the files. */
async function offline(
  call: AuditCall,
  given: Given & { readonly file: string },
): Promise<Checked> {
  const readings = await readLists(given.anchors ?? [])
  const instance = given.config === undefined ? null : configOf(call, given).settings.instance
  const lines = (): AsyncIterable<string> =>
    createInterface({
      input: createReadStream(given.file, 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
  return { report: await verifyExport(lines, { instance, readings }), problems: [] }
}
