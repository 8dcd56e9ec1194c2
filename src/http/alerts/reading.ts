import { createHash } from 'node:crypto'

import { z } from 'zod'

import { UnreadableBody } from '../../domain/alert.ts'

/** The body as JSON. Throws `UnreadableBody`. */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) throw new UnreadableBody('The body is empty.')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
  } catch (error) {
    const words = error instanceof TypeError ? 'The body is not UTF-8.' : 'The body is not JSON.'
    throw new UnreadableBody(words, { cause: error })
  }
}

/** The value in the shape of `schema`, or `UnreadableBody` with the first thing that does not fit. */
export function readShape<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  throw new UnreadableBody(
    `${path === '' ? 'The body' : `\`${path}\``} does not fit: ${issue?.message ?? 'unknown'}.`,
  )
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
export const storable = (text: string): string =>
  text.replaceAll('\0', '\uFFFD').replace(/\p{Surrogate}/gu, '\uFFFD')

const text = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => storable(String(value)))

/** Labels or annotations: texts stay, numbers and booleans become texts, anything else is left out. */
export const texts = z
  .record(z.string(), z.unknown())
  .catch({})
  .transform((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([key, value]) => {
        const read = text.safeParse(value)
        return read.success ? [[storable(key), read.data]] : []
      }),
    ),
  )

const FIRST_YEAR = 1970
const LAST_YEAR = 9999

/** A time, or null for what is none: absent, unreadable, or Go's zero time in the year 1. */
export const time = z
  .string()
  .transform((value) => {
    const at = new Date(value)
    const year = at.getUTCFullYear()
    return year > FIRST_YEAR && year <= LAST_YEAR ? at : null
  })
  .nullable()
  .catch(null)

/** A link that may be shown, or null. */
export const link = z
  .string()
  .transform((value) => {
    const url = URL.canParse(value) ? new URL(value) : null
    return url !== null && ['http:', 'https:'].includes(url.protocol) ? storable(value) : null
  })
  .nullable()
  .catch(null)

/** Stands in for a sender's fingerprint: the same labels give the same, in any order. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 16)
}

export const fingerprint = z
  .string()
  .min(1)
  .max(256)
  .transform(storable)
  .optional()
  .catch(undefined)
