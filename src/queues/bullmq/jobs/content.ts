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

const Bytes = z.union([z.string(), z.strictObject({ base64: z.base64() })])

const Content = z.strictObject({
  version: z.literal(1),
  state: z.enum(JOB_STATES),
  score: z.string().nullable(),
  fields: z.array(z.tuple([z.string(), Bytes])),
  logs: z.array(Bytes),
})

/**
 * A job as JSON text for the vault. Values that are UTF-8 stay legible, others are marked as base64; zero
 * bytes are escaped, so that PostgreSQL takes the text.
 */
export function encodeContent({ state, score, fields, logs }: JobParts): string {
  return JSON.stringify({
    version: 1,
    state,
    score,
    fields: fields.map(([name, value]) => [name, toText(value)]),
    logs: logs.map(toText),
  })
}

/** The job that `encodeContent` wrote, byte for byte. Throws a ZodError or SyntaxError for anything else. */
export function decodeContent(text: string): JobParts {
  const { state, score, fields, logs } = Content.parse(JSON.parse(text))
  return {
    state,
    score,
    fields: fields.map(([name, value]) => [name, toBytes(value)]),
    logs: logs.map(toBytes),
  }
}

const toText = (bytes: Buffer): z.infer<typeof Bytes> =>
  isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') }

const toBytes = (text: z.infer<typeof Bytes>): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text.base64, 'base64')
