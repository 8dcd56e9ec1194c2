import { isUtf8 } from 'node:buffer'

import { z } from 'zod'

import { JOB_STATES, type JobState } from '../../../domain/job.ts'

/** Everything there is to a job outside its queue, as Redis has it. */
export interface JobParts {
  /** Where it was taken from. */
  readonly state: JobState
  /** Its score there, as Redis writes it; null for one of a list. */
  readonly score: string | null
  /** All fields of its hash, sorted by name; values byte-exact. */
  readonly fields: readonly (readonly [name: string, value: Buffer])[]
  /** Its log lines, the oldest first. */
  readonly logs: readonly Buffer[]
}

const TextSchema = z.union([z.string(), z.strictObject({ base64: z.base64() })])
/** Bytes in JSON: as they read where they are UTF-8. */
export type Text = z.infer<typeof TextSchema>

const ContentSchema = z.strictObject({
  version: z.literal(1),
  state: z.enum(JOB_STATES),
  score: z.string().nullable(),
  fields: z.array(z.tuple([z.string(), TextSchema])),
  logs: z.array(TextSchema),
})

/** The same as `JobParts`, in texts. */
export interface JobTexts {
  readonly state: JobState
  readonly score: string | null
  readonly fields: readonly (readonly [name: string, value: Text])[]
  readonly logs: readonly Text[]
}

/**
 * A job as JSON text for the vault. Values that are UTF-8 stay legible, others are marked as base64; zero
 * bytes are escaped, so that PostgreSQL takes the text.
 */
export const writeContent = ({ state, score, fields, logs }: JobTexts): string =>
  JSON.stringify({ version: 1, state, score, fields, logs })

/** What `writeContent` wrote. Throws a ZodError or SyntaxError for anything else. */
export const readContent = (content: string): JobTexts => ContentSchema.parse(JSON.parse(content))

/** `writeContent` for bytes. */
export const encodeContent = ({ state, score, fields, logs }: JobParts): string =>
  writeContent({
    state,
    score,
    fields: fields.map(([name, value]) => [name, toText(value)]),
    logs: logs.map((line) => toText(line)),
  })

/** The job that `encodeContent` or `writeContent` wrote, byte for byte; throws as `readContent` does. */
export function decodeContent(content: string): JobParts {
  const { state, score, fields, logs } = readContent(content)
  return {
    state,
    score,
    fields: fields.map(([name, value]) => [name, toBytes(value)]),
    logs: logs.map(toBytes),
  }
}

/** A stretch of bytes as text. */
export function toText(bytes: Buffer, from = 0, to = bytes.length): Text {
  const text = bytes.toString('utf8', from, to)
  // What is no UTF-8 is replaced in decoding: the sign for that is looked for first, for checking costs more.
  if (!text.includes('\u{FFFD}') || isUtf8(bytes.subarray(from, to))) return text
  return { base64: bytes.toString('base64', from, to) }
}

/** The bytes that were made a text. */
export const toBytes = (text: Text): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text.base64, 'base64')
