import { AUDIT_KINDS } from './audit.ts'
import type { Word } from './command-words.ts'
import { parseDuration } from './duration.ts'
import { OperatorError } from './errors.ts'
import { suggest } from './suggest.ts'

/** Which entries are meant; null means any. */
export interface TrailFilter {
  /** A queue's name, `system/queue` or a glob over it. */
  readonly queue: string | null
  readonly incidentId: number | null
  /** Slack user id. */
  readonly person: string | null
  /** A plan's id or its beginning. */
  readonly plan: string | null
  readonly kind: string | null
  readonly since: Date | null
  readonly until: Date | null
  /** Entries before this one; for the next page. */
  readonly beforeSeq: number | null
  /** Entries from this one on. */
  readonly fromSeq: number | null
}

export const EVERYTHING: TrailFilter = {
  queue: null,
  incidentId: null,
  person: null,
  plan: null,
  kind: null,
  since: null,
  until: null,
  beforeSeq: null,
  fromSeq: null,
}

export const isEverything = (filter: TrailFilter): boolean =>
  Object.values(filter).every((part) => part === null)

/** A moment as typed: so long ago, or a date. */
export type When =
  | { readonly kind: 'ago'; readonly ms: number }
  | { readonly kind: 'at'; readonly at: Date }

/** What was typed after `audit`; times are still as typed, for a parser knows no clock. */
export interface AuditFilter extends Omit<TrailFilter, 'since' | 'until' | 'fromSeq'> {
  readonly since: When | null
  readonly until: When | null
}

export const momentOf = (when: When | null, now: Date): Date | null =>
  when === null ? null : when.kind === 'at' ? when.at : new Date(now.getTime() - when.ms)

/** The filter with its times counted from `now`. */
export const filterAt = (filter: AuditFilter, now: Date): TrailFilter => ({
  ...EVERYTHING,
  ...filter,
  since: momentOf(filter.since, now),
  until: momentOf(filter.until, now),
})

const NOTHING: AuditFilter = {
  queue: null,
  incidentId: null,
  person: null,
  plan: null,
  kind: null,
  since: null,
  until: null,
  beforeSeq: null,
}

const KEYS = ['queue', 'incident', 'person', 'plan', 'kind', 'since', 'until', 'before'] as const
type Key = (typeof KEYS)[number]

const quote = (text: string): string => `\`${text.slice(0, 60).replaceAll('`', "'")}\``

const refusal = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)

const didYouMean = (word: string, known: readonly string[]): string => {
  const meant = suggest(word, known)
  return meant === null ? '' : ` Did you mean \`${meant}\`?`
}

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/

/** `7d`, `90m`, `2026-11-20` (its beginning in UTC) or `2026-11-20T14:00Z`. Throws `bad_input`. */
export function parseWhen(text: string): When {
  const ms = parseDuration(text)
  if (ms !== null) return { kind: 'ago', ms }
  const at = new Date(DATE.test(text) ? text : Number.NaN)
  if (!Number.isNaN(at.getTime())) return { kind: 'at', at }
  throw refusal(
    `${quote(text)} is not a time that I understand.`,
    'Say for example `since 7d`, `since 90m` or `since 2026-11-20`.',
  )
}

function parseKind(text: string): string {
  const kind = text.toLowerCase().replaceAll('-', '_')
  const known: readonly string[] = AUDIT_KINDS
  if (known.includes(kind)) return kind
  throw refusal(
    `There is no kind of entry ${quote(text)}.${didYouMean(kind, known)}`,
    `Kinds are ${known.join(', ')}.`,
  )
}

const USER = /^[UW][A-Z0-9]{2,20}$/

function parsePerson(text: string): string {
  const id = text.replace(/^@/, '')
  if (USER.test(id)) return id
  throw refusal(
    `Who is ${quote(text)}?`,
    'Let Slack complete the name after @, or give the member ID (U…).',
  )
}

function parseNumber(text: string, what: string): number {
  const digits = /^#?(\d{1,15})$/.exec(text)?.[1]
  if (digits !== undefined) return Number(digits)
  throw refusal(`${quote(text)} is not the number of ${what}.`, 'Say for example `#7`.')
}

function parsePlan(text: string): string {
  const id = text.toLowerCase()
  if (/^[0-9a-f-]{2,36}$/.test(id)) return id
  throw refusal(`${quote(text)} is not the id of a plan.`, 'Give at least its first two letters.')
}

const PARSERS: { readonly [K in Key]: (text: string) => Partial<AuditFilter> } = {
  queue: (text) => ({ queue: text }),
  incident: (text) => ({ incidentId: parseNumber(text, 'an incident') }),
  person: (text) => ({ person: parsePerson(text) }),
  plan: (text) => ({ plan: parsePlan(text) }),
  kind: (text) => ({ kind: parseKind(text) }),
  since: (text) => ({ since: parseWhen(text) }),
  until: (text) => ({ until: parseWhen(text) }),
  before: (text) => ({ beforeSeq: parseNumber(text, 'an entry') }),
}

interface Condition {
  readonly key: Key
  readonly text: string
  /** How many words it took. */
  readonly took: number
}

const isKey = (text: string): text is Key => KEYS.some((key) => key === text)

/** `kind:denied`. A queue's name may hold colons itself, so only a known key, or a slip of one, counts. */
function withColon({ text, isQuoted }: Word): Condition | null {
  const colon = text.indexOf(':')
  if (isQuoted || colon < 1) return null
  const key = text.slice(0, colon).toLowerCase()
  const rest = text.slice(colon + 1)
  if (isKey(key)) return rest === '' ? null : { key, text: rest, took: 1 }
  const isKind = AUDIT_KINDS.some((kind) => kind === rest.toLowerCase())
  if (!isKind || suggest(key, ['kind']) === null) return null
  throw refusal(`There is no filter ${quote(key)}.`, `Did you mean \`kind:${rest}\`?`)
}

function conditionAt(words: readonly Word[]): Condition | null {
  const [word, next] = words
  if (word === undefined) return null
  const bare = word.isQuoted ? '' : word.text.toLowerCase()
  if ((bare === 'since' || bare === 'until' || bare === 'before') && next !== undefined)
    return { key: bare, text: next.text, took: 2 }
  if (/^#\d+$/.test(bare)) return { key: 'incident', text: word.text, took: 1 }
  if (word.person !== undefined) return { key: 'person', text: word.person, took: 1 }
  if (bare.startsWith('@')) return { key: 'person', text: word.text, took: 1 }
  return withColon(word) ?? { key: 'queue', text: word.text, took: 1 }
}

/**
 * What was typed after `audit`: `[queue|#incident|@person|plan:42] [since 7d] [until 1d] [kind:denied]`, in
 * any order, each once. Throws OperatorError (`bad_input`) with what was probably meant.
 */
export function parseAuditFilter(words: readonly Word[]): AuditFilter {
  let filter = NOTHING
  const seen = new Map<Key, string>()
  for (let rest = words; rest.length > 0;) {
    const condition = conditionAt(rest)
    if (condition === null) break
    const earlier = seen.get(condition.key)
    if (earlier !== undefined) throw twice(condition, earlier)
    seen.set(condition.key, condition.text)
    filter = { ...filter, ...PARSERS[condition.key](condition.text) }
    rest = rest.slice(condition.took)
  }
  return filter
}

/** Two names of queues are mostly a slip in a key: `sinc 7d`, `knd:denied`. */
function twice({ key, text }: Condition, earlier: string): OperatorError {
  if (key !== 'queue')
    return refusal(`\`${key}\` is given twice: ${quote(earlier)} and ${quote(text)}.`, 'Say one.')
  const word = [earlier, text].map((typed) => typed.split(':', 1)[0] ?? '')
  const hint = word.map((typed) => didYouMean(typed, KEYS)).find((words) => words !== '') ?? ''
  return refusal(
    `Only one queue can be asked for, but there are ${quote(earlier)} and ${quote(text)}.${hint}`,
    'Say for example `audit email since 7d kind:denied`.',
  )
}
