import { parseArgs } from 'node:util'

import { loadConfig } from '../../config/load.ts'
import { OperatorError } from '../../domain/errors.ts'
import { suggest } from '../../domain/suggest.ts'
import { plural } from '../../domain/text.ts'
import {
  exportOutcomes,
  OUTCOME_FORMATS,
  type OutcomeFormat,
} from '../../usecases/jobs/export-outcomes.ts'
import { jobPlan } from '../../usecases/jobs/read-accounts.ts'
import type { JobsCall } from '../jobs.ts'
import { withStore } from '../open-store.ts'
import { openTarget } from '../target.ts'

const OPTIONS = {
  config: { type: 'string' },
  format: { type: 'string', default: 'csv' },
  out: { type: 'string' },
} as const

/** `spillway jobs outcomes <plan>`: what became of every job, to a file or standard output. Resolves to the exit code. */
export async function outcomes(call: JobsCall, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const plan = planOf(positionals)
  const format = formatOf(values.format)
  const path = values.config === undefined ? {} : { path: values.config }
  const config = loadConfig({ env: call.env, cwd: call.cwd, ...path })
  const count = await withStore({ ...call, config }, async (store) => {
    // Not before the plan is known: a wrong number leaves the file that is there as it is.
    await jobPlan(store.now, plan)
    const out = await openTarget(call.pour, values.out)
    try {
      return await exportOutcomes(store, { plan, format, write: out.write })
    } finally {
      await out.close()
    }
  })
  if (values.out !== undefined)
    call.write(`${plural(count, 'job')} of plan ${plan} written to ${values.out}.\n`)
  return 0
}

function planOf([number, ...more]: readonly string[]): number {
  if (number !== undefined && /^#?\d{1,15}$/.test(number) && more.length === 0)
    return Number(number.replace('#', ''))
  throw new OperatorError(
    'bad_input',
    number === undefined
      ? 'The number of a plan is missing.'
      : `\`${[number, ...more].join(' ')}\` is not the number of a plan.`,
    'Say for example `spillway jobs outcomes 42 --format csv --out jobs.csv`.',
  )
}

function formatOf(text: string): OutcomeFormat {
  const format = OUTCOME_FORMATS.find((known) => known === text)
  if (format !== undefined) return format
  const meant = suggest(text, OUTCOME_FORMATS)
  throw new OperatorError(
    'bad_input',
    `There is no format \`${text}\`.`,
    `Use --format ${OUTCOME_FORMATS.join(' or ')}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
  )
}
