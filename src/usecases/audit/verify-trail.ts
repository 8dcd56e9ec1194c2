import { createHash } from 'node:crypto'

import type {
  Anchor,
  AnchorSource,
  Head,
  KnownAnchor,
  PlacedAnchor,
} from '../../domain/audit-anchor.ts'
import { EVERYTHING } from '../../domain/audit-filter.ts'
import type { AuditFault, AuditReport, PayloadRef } from '../../domain/audit-report.ts'
import { createVerifier } from '../../domain/audit-verify.ts'
import type { AuditCheck, StoredPayload } from '../../domain/ports/audit-store.ts'
import type { Repositories, Store } from '../../domain/ports/store.ts'

/** Anchors as they were read in a place outside the database. */
export interface Reading {
  readonly source: AnchorSource
  readonly anchors: readonly Anchor[]
  /** What is wrong with the place itself, e.g. a message that was edited. */
  readonly faults: readonly AuditFault[]
  readonly notes: readonly string[]
  /** Whether an anchor that the database knows by this reference should have been found. */
  readonly expects: (reference: string) => Expectation
}

/** In the place that was read, in another, or before what the place still shows. */
export type Expectation = 'here' | 'elsewhere' | 'too_old'

export interface VerifyRequest {
  readonly instance: string | null
  readonly readings: readonly Reading[]
  /** Only what came after the last verification by the clock, if its last entry is still the same. */
  readonly isIncremental?: boolean
}

/** A list of anchors that somebody kept. */
export const listReading = (anchors: readonly Anchor[]): Reading => ({
  source: 'list',
  anchors,
  faults: [],
  notes: [],
  expects: () => 'elsewhere',
})

/**
 * Verifies the trail in the database: the chain, its anchors, the payloads beside it, and what guards it.
 * Needs memory for a page of entries, the anchors and the faults.
 */
export const verifyTrail = (
  store: Pick<Store, 'transaction'>,
  request: VerifyRequest,
): Promise<AuditReport> =>
  store.transaction(async (repositories) => {
    const placed = await repositories.anchors.all()
    const last = await repositories.audit.lastCheck()
    const after = request.isIncremental === true ? await stillThere(repositories, last) : null
    const verifier = createVerifier({
      instance: request.instance,
      anchors: [...outsideOf(request), ...notedOf(placed, last, request)],
      ...(after === null ? {} : { after }),
    })
    const from = after === null ? null : after.seq + 1
    await repositories.audit.scan({ ...EVERYTHING, fromSeq: from }, (page) => {
      for (const entry of page) verifier.add(entry)
    })
    const { report, payloads } = verifier.conclude()
    const beside = await checkPayloads(repositories, payloads)
    const unguarded = await repositories.audit.gaps()
    return {
      ...report,
      faults: [
        ...report.faults,
        ...beside.faults,
        ...request.readings.flatMap((reading) => [
          ...reading.faults,
          ...missingOf(placed, reading),
        ]),
        ...unguarded.map((words) => ({ kind: 'unguarded' as const, seq: null, words })),
      ],
      notes: [
        ...report.notes,
        ...request.readings.flatMap((reading) => [...reading.notes, ...oldNotes(placed, reading)]),
        ...pendingNotes(placed),
      ],
      payloads: { stored: beside.stored, erased: beside.erased },
    }
  })

const outsideOf = ({ readings }: VerifyRequest): readonly KnownAnchor[] =>
  readings.flatMap(({ source, anchors }) => anchors.map((anchor) => ({ ...anchor, source })))

/** What the database itself notes vouches for nothing, but shows the careless. */
const notedOf = (
  placed: readonly PlacedAnchor[],
  last: AuditCheck | null,
  { instance }: VerifyRequest,
): readonly KnownAnchor[] => [
  ...placed.map((anchor) => ({ ...anchor, source: 'database' as const })),
  ...(last === null || instance === null
    ? []
    : [{ seq: last.seq, hash: last.hash, at: last.at, instance, source: 'database' as const }]),
]

async function stillThere({ audit }: Repositories, last: AuditCheck | null): Promise<Head | null> {
  if (last === null) return null
  const [entry] = await audit.entries(last.seq - 1, 1)
  return entry?.seq === last.seq && entry.hash === last.hash ? last : null
}

/** What was placed there and was not found: gone, or older than what the place shows. */
const notFound = (
  placed: readonly PlacedAnchor[],
  { source, anchors, expects }: Reading,
  expectation: Expectation,
): readonly PlacedAnchor[] => {
  const found = new Set(anchors.map(({ seq, hash }) => `${seq} ${hash}`))
  return placed.filter(
    ({ place, reference, seq, hash }) =>
      place === source &&
      reference !== null &&
      expects(reference) === expectation &&
      !found.has(`${seq} ${hash}`),
  )
}

function missingOf(placed: readonly PlacedAnchor[], reading: Reading): readonly AuditFault[] {
  const missing = notFound(placed, reading, 'here')
  const [first] = missing
  if (first === undefined) return []
  const more = missing.length === 1 ? '' : `, nor are ${missing.length - 1} more`
  const words = `its anchor, put at ${first.reference}, is not there any more${more}`
  return [{ kind: 'anchor_missing', seq: first.seq, words }]
}

function oldNotes(placed: readonly PlacedAnchor[], reading: Reading): readonly string[] {
  const count = notFound(placed, reading, 'too_old').length
  return count === 0
    ? []
    : [
        `${count} older anchors (${reading.source}) are no longer shown there and could not be compared`,
      ]
}

function pendingNotes(placed: readonly PlacedAnchor[]): readonly string[] {
  const owed = placed.filter(({ reference, problem }) => reference === null && problem !== null)
  const places = [...new Set(owed.map(({ place }) => place))]
  return places.map((place) => {
    const first = owed.find((anchor) => anchor.place === place)
    return `anchors since entry ${first?.seq} are not in their place (${place}) yet: ${first?.problem}`
  })
}

const PAGE = 500

async function checkPayloads(
  { payloads }: Pick<Repositories, 'payloads'>,
  refs: readonly PayloadRef[],
): Promise<{ faults: readonly AuditFault[]; stored: number; erased: number }> {
  const named = new Map(refs.map(({ id, hash }) => [id, hash]))
  const faults: AuditFault[] = []
  const say = (words: string): void => void faults.push({ kind: 'payload', seq: null, words })
  let stored = 0
  let erased = 0
  for (let page = await payloads.page(null, PAGE); page.length > 0;) {
    for (const payload of page) {
      const wanted = named.get(payload.id)
      named.delete(payload.id)
      if (payload.secret === null) erased += 1
      else stored += 1
      const isOther = wanted !== undefined && wanted !== payload.hash
      if (isOther || !fitsHash(payload))
        say(`the payload ${payload.id} is not the one that the trail names`)
    }
    page = await payloads.page(page.at(-1)?.id ?? null, PAGE)
  }
  for (const id of named.keys()) say(`the payload ${id} is gone without having been erased`)
  return { faults, stored, erased }
}

const fitsHash = ({ secret, hash }: StoredPayload): boolean =>
  secret === null || payloadHash(secret.salt, secret.content) === hash

/** SHA-256, hex, over salt and content. */
export const payloadHash = (salt: Buffer, content: Buffer): string =>
  createHash('sha256').update(salt).update(content).digest('hex')
