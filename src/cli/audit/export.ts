import { parseArgs } from 'node:util'

import { loadConfig } from '../../config/load.ts'
import {
  isEverything,
  momentOf,
  parseAuditFilter,
  parseWhen,
  type TrailFilter,
} from '../../domain/audit-filter.ts'
import { EVERYTHING } from '../../domain/audit-filter.ts'
import { OperatorError } from '../../domain/errors.ts'
import { suggest } from '../../domain/suggest.ts'
import { plural } from '../../domain/text.ts'
import { auditOf } from '../../usecases/audit/audit-of.ts'
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportTrail,
} from '../../usecases/audit/export-trail.ts'
import type { AuditCall } from '../audit.ts'
import { withStore } from '../open-store.ts'
import { openTarget } from '../target.ts'

const OPTIONS = {
  config: { type: 'string' },
  format: { type: 'string', default: 'json' },
  out: { type: 'string' },
  'anchors-out': { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  queue: { type: 'string' },
  person: { type: 'string' },
  incident: { type: 'string' },
  plan: { type: 'string' },
  kind: { type: 'string' },
} as const

type Given = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** `spillway audit export`: the trail, or a part of it, to a file or standard output. Resolves to the exit code. */
export async function exportAudit(call: AuditCall, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  const format = formatOf(values.format)
  const path = values.config === undefined ? {} : { path: values.config }
  const config = loadConfig({ env: call.env, cwd: call.cwd, ...path })
  const filter = filterOf(values, call.clock.now())
  const out = await openTarget(call.pour, values.out)
  const anchors =
    values['anchors-out'] === undefined ? null : await openTarget(call.pour, values['anchors-out'])
  try {
    const entries = await withStore({ ...call, config }, async (store) => {
      const count = await exportTrail(store, {
        format,
        filter,
        write: out.write,
        ...(anchors === null ? {} : { writeAnchors: anchors.write }),
      })
      await store.now.audit.append(
        auditOf(call.clock.now(), 'exported', {
          action: 'export',
          subject: 'the audit trail',
          facts: { by: call.user, format, entries: count, isWhole: isEverything(filter) },
        }),
      )
      return count
    })
    if (values.out !== undefined) call.write(words(entries, values.out, filter))
    return 0
  } finally {
    await out.close()
    await anchors?.close()
  }
}

const words = (entries: number, file: string, filter: TrailFilter): string => {
  const rest = isEverything(filter)
    ? ''
    : ' It is a selection, so it cannot be verified as a chain.'
  return `${plural(entries, 'entry', 'entries')} written to ${file}.${rest}\n`
}

function formatOf(text: string): ExportFormat {
  const format = EXPORT_FORMATS.find((known) => known === text)
  if (format !== undefined) return format
  const meant = suggest(text, EXPORT_FORMATS)
  throw new OperatorError(
    'bad_input',
    `There is no format \`${text}\`.`,
    `Use --format ${EXPORT_FORMATS.join(', ')}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
  )
}

function filterOf(values: Given, now: Date): TrailFilter {
  const conditions = (['queue', 'person', 'incident', 'plan', 'kind'] as const).flatMap((key) => {
    const text = values[key]
    return text === undefined ? [] : [{ text: `${key}:${text}`, isQuoted: false }]
  })
  const { since, until } = values
  return {
    ...EVERYTHING,
    ...parseAuditFilter(conditions),
    since: momentOf(since === undefined ? null : parseWhen(since), now),
    until: momentOf(until === undefined ? null : parseWhen(until), now),
  }
}
