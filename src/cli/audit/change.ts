import { parseArgs } from 'node:util'

import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/types.ts'
import { OperatorError } from '../../domain/errors.ts'
import { erasePayload } from '../../usecases/audit/payloads.ts'
import { resealTrail } from '../../usecases/audit/reseal-trail.ts'
import type { AuditCall } from '../audit.ts'
import { withStore } from '../open-store.ts'
import { printReport } from './print-report.ts'
import { readLists, readPlaces } from './readings.ts'

const configOf = ({ env, cwd }: AuditCall, path: string | undefined): Config =>
  loadConfig({ env, cwd, ...(path === undefined ? {} : { path }) })

function required(reason: string | undefined): string {
  const text = reason?.trim() ?? ''
  if (text !== '') return text.slice(0, 500)
  throw new OperatorError(
    'bad_input',
    'A reason is needed for this.',
    'Nothing was changed. Give it with --reason; it goes into the audit trail.',
  )
}

/** `spillway audit reseal`: owns up to what a restore lost. Resolves to the exit code. */
export async function reseal(call: AuditCall, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      reason: { type: 'string' },
      anchors: { type: 'string', multiple: true },
      'no-slack': { type: 'boolean', default: false },
    },
  })
  const reason = required(values.reason)
  const config = configOf(call, values.config)
  const lists = await readLists(values.anchors ?? [])
  const places = await readPlaces(config, call.log, { isSlackAsked: !values['no-slack'] })
  const [problem] = places.problems
  if (problem !== undefined)
    throw new OperatorError(
      'slack_unreachable',
      `Not every anchor could be read: ${problem}`,
      'Nothing was written. Try again, or leave Slack out with --no-slack.',
    )
  const startedAt = call.clock.now().getTime()
  const report = await withStore({ ...call, config }, (store) =>
    resealTrail(
      { store, clock: call.clock, settings: config.settings },
      { readings: [...lists, ...places.readings], reason, by: call.user },
    ),
  )
  const tookMs = call.clock.now().getTime() - startedAt
  const verdict = report.faults.length === 0 ? 'good' : 'tampered'
  call.write(printReport({ verdict, report, problems: [], tookMs }))
  return 0
}

/** `spillway audit erase <payload id>`: the content goes, the trail stays whole. Resolves to the exit code. */
export async function erase(call: AuditCall, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, reason: { type: 'string' } },
    allowPositionals: true,
  })
  const [id, ...more] = positionals
  if (id === undefined || more.length > 0 || !UUID.test(id))
    throw new OperatorError(
      'bad_input',
      'The id of one payload is needed.',
      'Nothing was changed. `spillway audit export` shows the ids under `payload`.',
    )
  const reason = required(values.reason)
  const config = configOf(call, values.config)
  await withStore({ ...call, config }, (store) =>
    erasePayload({ store, clock: call.clock }, { id, reason, by: call.user }),
  )
  call.write(`The payload ${id} is erased; the trail says so and still verifies.\n`)
  return 0
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
