import { isCanonical, isObject, parseText } from './audit-record.ts'
import type { AuditFault, PayloadRef } from './audit-report.ts'
import type { Reseal } from './audit-witness.ts'
import { AUDIT_VERSION, type AuditEntry, type Json } from './audit.ts'

const CLOCK_TOLERANCE_MS = 5 * 60_000
const MAX_NOTES = 20

export interface ContentCheck {
  /** Resolves to the entry's time as it has it, or null. */
  add(entry: AuditEntry): string | null
  readonly instances: ReadonlySet<string>
  readonly reseals: readonly Reseal[]
  readonly payloads: readonly PayloadRef[]
  readonly notes: readonly string[]
  /** After the last entry. */
  conclude(): { readonly faults: readonly AuditFault[]; readonly explained: readonly AuditFault[] }
}

/** What each entry says by itself: is it ours, can it be read, is its text the one that its value has. */
export function createContentCheck(instance: string | null): ContentCheck {
  const faults: AuditFault[] = []
  const reseals: Reseal[] = []
  const payloads: PayloadRef[] = []
  const names = createNameCheck(instance)
  const clock = createClockCheck()
  return {
    instances: names.all,
    reseals,
    payloads,
    notes: clock.notes,
    add(entry) {
      const { seq, text, version } = entry
      names.add(entry)
      if (version !== AUDIT_VERSION)
        faults.push({
          kind: 'wrong_version',
          seq,
          words: `is of version ${version}, which is not known`,
        })
      const value = parseText(text)
      if (!isCanonical(text, value))
        faults.push({
          kind: 'not_canonical',
          seq,
          words: value === undefined ? 'its text is no JSON' : 'its text is not in canonical form',
        })
      if (!isObject(value)) return null
      const at = typeof value['at'] === 'string' ? value['at'] : null
      clock.add(seq, at)
      payloads.push(...payloadsIn(value['facts']))
      if (value['kind'] === 'resealed') reseals.push(resealOf(value['facts'], at))
      return at
    },
    conclude() {
      const former = new Set(reseals.flatMap(({ formerInstances }) => formerInstances))
      const strangers = names.strangers()
      const isFormer = ({ name }: { readonly name: string }): boolean => former.has(name)
      return {
        faults: [...faults, ...strangers.filter((one) => !isFormer(one)).map(faultOf)],
        explained: strangers.filter(isFormer).map(faultOf),
      }
    },
  }
}

interface Stranger {
  readonly name: string
  readonly expected: string
  readonly from: number
  readonly count: number
}

const faultOf = ({ name, expected, from, count }: Stranger): AuditFault => ({
  kind: 'wrong_instance',
  seq: from,
  words: `is of the instance "${name}", not "${expected}"${count === 1 ? '' : `, as are ${count - 1} more`}`,
})

/** Whose entries these are. */
function createNameCheck(instance: string | null) {
  const counts = new Map<string, { readonly from: number; count: number }>()
  const all = new Set<string>(instance === null ? [] : [instance])
  let expected = instance
  return {
    all,
    add({ instance: name, seq }: AuditEntry): void {
      expected ??= name
      all.add(name)
      const known = counts.get(name)
      if (known === undefined) counts.set(name, { from: seq, count: 1 })
      else known.count += 1
    },
    strangers: (): readonly Stranger[] =>
      [...counts]
        .filter(([name]) => name !== expected)
        .map(([name, counted]) => ({ name, expected: expected ?? name, ...counted })),
  }
}

/** A clock that was put back is worth a note: it happens without anybody's ill will. */
function createClockCheck() {
  const notes: string[] = []
  let latest = Number.NEGATIVE_INFINITY
  return {
    notes,
    add(seq: number, at: string | null): void {
      const time = at === null ? Number.NaN : Date.parse(at)
      if (Number.isNaN(time)) return
      if (time < latest - CLOCK_TOLERANCE_MS && notes.length < MAX_NOTES)
        notes.push(
          `entry ${seq} is dated ${Math.round((latest - time) / 60_000)} min before one that precedes it: a clock was put back`,
        )
      latest = Math.max(latest, time)
    },
  }
}

/** Every `payload: {id, hash}` at any depth. */
function payloadsIn(facts: Json | undefined): readonly PayloadRef[] {
  if (Array.isArray(facts)) return (facts as readonly Json[]).flatMap(payloadsIn)
  if (!isObject(facts)) return []
  return Object.entries(facts).flatMap(([key, value]) => {
    const ref = key === 'payload' ? refOf(value) : null
    return ref === null ? payloadsIn(value) : [ref]
  })
}

function refOf(value: Json): PayloadRef | null {
  if (!isObject(value)) return null
  const { id, hash } = value
  return typeof id === 'string' && typeof hash === 'string' ? { id, hash } : null
}

function resealOf(facts: Json | undefined, at: string | null): Reseal {
  const { lost, formerInstances } = isObject(facts) ? facts : {}
  const { from, to } = isObject(lost) ? lost : {}
  return {
    lost: typeof from === 'number' && typeof to === 'number' ? { from, to } : null,
    formerInstances: Array.isArray(formerInstances)
      ? (formerInstances as readonly Json[]).filter((name) => typeof name === 'string')
      : [],
    at: new Date(at ?? 0),
  }
}
