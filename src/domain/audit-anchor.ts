import { isObject, parseText } from './audit-record.ts'
import type { AuditEntry } from './audit.ts'

/** The head of the trail as it was at some moment, to be kept where a database owner cannot change it. */
export interface Anchor {
  readonly instance: string
  readonly seq: number
  readonly hash: string
  readonly at: Date
}

/** Where Spillway puts anchors: its own Slack, an append-only file, a second workspace. */
export type AnchorPlace = 'slack' | 'file' | 'second'

/** Where an anchor was read. What comes out of the database itself vouches for nothing against its owner. */
export type AnchorSource = AnchorPlace | 'list' | 'database'

export interface KnownAnchor extends Anchor {
  readonly source: AnchorSource
}

/** An anchor in one place, as the database has it. */
export interface PlacedAnchor extends Anchor {
  readonly place: AnchorPlace
  /** `channel/ts` or a path; null until it is there. */
  readonly reference: string | null
  readonly problem: string | null
}

export const isOutside = (source: AnchorSource): boolean => source !== 'database'

/** Where the trail stands: enough to go on from. */
export type Head = Pick<AuditEntry, 'seq' | 'hash'>

/** One line for people and machines: `spillway anchor v1 <instance> <seq> <hash> <time>`, the instance percent-encoded. */
export const anchorLine = ({ instance, seq, hash, at }: Anchor): string =>
  `spillway anchor v1 ${encodeURIComponent(instance)} ${seq} ${hash} ${at.toISOString()}`

/** Names the anchor's message. With the hash, so that another history never edits what was posted of this one. */
export const anchorKey = ({ seq, hash }: Head): string => `anchor:${seq}:${hash}`

const LINE =
  /spillway anchor v1 (\S+) ([1-9]\d{0,14}) ([0-9a-f]{64}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z)/g

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** Every anchor line inside a text, however it was pasted or quoted. */
export const parseAnchorLines = (text: string): readonly Anchor[] =>
  [...text.matchAll(LINE)].flatMap(([, name = '', seq, hash = '', at = '']) => {
    const instance = decoded(name)
    return instance === null ? [] : [{ instance, seq: Number(seq), hash, at: new Date(at) }]
  })

/** One line of an anchor file or export. */
export const anchorJson = ({ instance, seq, hash, at }: Anchor): string =>
  JSON.stringify({ anchor: { instance, seq, hash, at: at.toISOString() } })

/** The anchor of a JSON line as `anchorJson` writes it, or null. */
export function parseAnchorJson(line: string): Anchor | null {
  const value = line.startsWith('{') ? parseText(line) : undefined
  const found = isObject(value) ? value['anchor'] : undefined
  if (!isObject(found)) return null
  const { instance, seq, hash, at } = found
  const time = new Date(typeof at === 'string' ? at : Number.NaN)
  return typeof instance === 'string' &&
    typeof seq === 'number' &&
    typeof hash === 'string' &&
    !Number.isNaN(time.getTime())
    ? { instance, seq, hash, at: time }
    : null
}

/** Anchors out of a saved text: JSON lines, anchor lines, or a page of a channel pasted as it was. */
export const parseAnchors = (text: string): readonly Anchor[] =>
  text.split('\n').flatMap((line) => {
    const json = parseAnchorJson(line.trim())
    return json === null ? parseAnchorLines(line) : [json]
  })
