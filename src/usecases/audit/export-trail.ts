import { anchorJson } from '../../domain/audit-anchor.ts'
import { createMarkdown, csvEntry, csvHead, endJson, entryJson } from '../../domain/audit-export.ts'
import { isEverything, type TrailFilter } from '../../domain/audit-filter.ts'
import { recordOf } from '../../domain/audit-record.ts'
import type { AuditEntry } from '../../domain/audit.ts'
import type { Repositories, Store } from '../../domain/ports/store.ts'

export const EXPORT_FORMATS = ['json', 'csv', 'md'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportRequest {
  readonly format: ExportFormat
  readonly filter: TrailFilter
  /** Takes the text piece by piece; resolves when it may have the next. */
  readonly write: (text: string) => Promise<void>
  /** Takes the anchors instead; else a JSON export ends with them. */
  readonly writeAnchors?: (text: string) => Promise<void>
}

/**
 * Writes the entries that fit, out of one snapshot, in memory for a page. JSON is one stored entry a line,
 * which verifies without a database; CSV and Markdown are for people. Resolves to how many there were.
 */
export const exportTrail = (
  store: Pick<Store, 'transaction'>,
  request: ExportRequest,
): Promise<number> =>
  store.transaction(async (repositories) => {
    const entries = await WRITERS[request.format](repositories, request)
    if (request.writeAnchors !== undefined)
      await request.writeAnchors(await anchorLines(repositories))
    return entries
  })

const anchorLines = async ({ anchors }: Repositories): Promise<string> => {
  const lines = (await anchors.all()).map(anchorJson)
  return [...new Set(lines)].map((line) => `${line}\n`).join('')
}

type Write = (repositories: Repositories, request: ExportRequest) => Promise<number>

async function each(
  { audit }: Repositories,
  { filter, write }: ExportRequest,
  text: (entry: AuditEntry) => string,
  order: 'seq' | 'group' = 'seq',
): Promise<number> {
  let entries = 0
  await audit.scan(
    filter,
    async (page) => {
      entries += page.length
      await write(page.map(text).join(''))
    },
    order,
  )
  return entries
}

const WRITERS: Readonly<Record<ExportFormat, Write>> = {
  async json(repositories, request) {
    const entries = await each(repositories, request, (entry) => `${entryJson(entry)}\n`)
    if (request.writeAnchors === undefined) await request.write(await anchorLines(repositories))
    await request.write(`${endJson({ entries, isWhole: isEverything(request.filter) })}\n`)
    return entries
  },
  async csv(repositories, request) {
    await request.write(csvHead())
    return each(repositories, request, csvEntry)
  },
  async md(repositories, request) {
    await request.write('# Audit trail\n')
    const line = createMarkdown()
    const text = (entry: AuditEntry): string => {
      const record = recordOf(entry)
      return record === null ? '' : line(record)
    }
    return each(repositories, request, text, 'group')
  },
}
