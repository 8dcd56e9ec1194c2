import { z } from 'zod'

import { parseDuration } from '../domain/duration.ts'
import type { RampStep } from '../domain/replay.ts'
import { PatternFault, safePattern } from '../domain/safe-pattern.ts'
import { suggestion } from './problems.ts'

/** A part of the file whose keys are all known; an unknown one gets its own line, with the likely word. */
export const section = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .map((key) => `is not a known key.${suggestion(key, Object.keys(shape))}`)
            .join('\n')
        : undefined,
  })

/** A list; a single text counts as a list of one. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item))

/** May be left out; an empty text, as `${NAME:-}` gives, is the same. */
export const optional = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === '' ? null : value), item.nullable().default(null))

/** Numbers and booleans that came out of the environment are texts. */
const unquoted = (value: unknown): unknown => {
  if (typeof value !== 'string') return value
  if (/^\d{1,15}$/.test(value)) return Number(value)
  return value === 'true' ? true : value === 'false' ? false : value
}

export const whole = (min: number, max: number) => z.preprocess(unquoted, z.int().min(min).max(max))
const MOST_JOBS = 1_000_000_000
const PER_CENT = /^(\d{1,3}(?:\.\d{1,4})?) ?%$/

/** `5%` → 0.05; null for what is written in another way. */
function perCent(text: string): number | null {
  const [, number] = PER_CENT.exec(text.trim()) ?? []
  return number === undefined ? null : Number(number) / 100
}

function unwritten(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return perCent(value) ?? (/^\d?\.?\d{1,6}$/.test(value) ? Number(value) : value)
}

/** 0 to 1, both included: `0.25` and `25%` are a quarter. */
export const share = z.preprocess(unwritten, z.number().min(0).max(1))

/** How far a wave goes: a number of jobs, or per cent of all of them. */
export const rampStep = z.unknown().transform((value, context): RampStep => {
  const part = typeof value === 'string' ? perCent(value) : null
  if (part !== null && part > 0 && part <= 1) return { share: part }
  const jobs = unquoted(value)
  if (typeof jobs === 'number' && Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_JOBS)
    return { jobs }
  context.addIssue({
    code: 'custom',
    message: 'must be a number of jobs such as 10, or per cent of all of them such as 5%.',
  })
  return z.NEVER
})
export const flag = z.preprocess(unquoted, z.boolean())
export const port = whole(0, 65_535)
export const words = z.string().trim().min(1)

/** `30m`, `1h30m`, `500ms` → milliseconds. */
export const duration = z.string().transform((text, context) => {
  const ms = /^\d{1,6}ms$/.test(text) ? Number.parseInt(text, 10) : parseDuration(text)
  if (ms !== null) return ms
  context.addIssue({ code: 'custom', message: 'must be a duration such as 30m, 90s or 1h30m.' })
  return z.NEVER
})

/** A regular expression that cannot hang; its text. */
export const pattern = z.string().transform((text, context) => {
  try {
    safePattern(text)
    return text
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error
    context.addIssue({
      code: 'custom',
      message: `is not a pattern that can be used: ${error.message}.`,
    })
    return z.NEVER
  }
})

const HOW_TO_FIND =
  'In Slack, open the profile and choose "Copy member ID"; for a group, "Copy group ID".'

export const userId = z
  .string()
  .regex(/^[UW][A-Z0-9]{7,20}$/, { error: `must be a Slack user id (U…). ${HOW_TO_FIND}` })
export const groupId = z
  .string()
  .regex(/^S[A-Z0-9]{7,20}$/, { error: `must be a Slack user group id (S…). ${HOW_TO_FIND}` })
export const personId = z.string().regex(/^[UWS][A-Z0-9]{7,20}$/, {
  error: `must be a Slack user (U…) or group id (S…). ${HOW_TO_FIND}`,
})

/** A channel's id or its name, with or without `#`. */
export const channel = z
  .string()
  .transform((text) => text.replace(/^#/, ''))
  .refine(
    (text) => /^[CG][A-Z0-9]{7,20}$/.test(text) || /^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u.test(text),
    {
      error:
        'must be a channel id (C…) or a channel name in small letters, digits, - and _. ' +
        'In the file, put a name that begins with # in quotes.',
    },
  )

/** An address with one of the schemes. The message never repeats the address: it may hold a password. */
export const address = (schemes: readonly string[]) =>
  z.string().refine(
    (text) => {
      const url = URL.canParse(text) ? new URL(text) : null
      return url !== null && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== ''
    },
    {
      error: `must be an address that begins with ${schemes.map((s) => `${s}://`).join(' or ')} and names a host.`,
    },
  )

export const databaseAddress = z.string().refine(
  // A host may be absent: postgresql:///spillway?host=/run/postgresql is a unix socket.
  (text) => URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol),
  { error: 'must be an address that begins with postgres:// or postgresql://.' },
)

export const timeZone = z.string().refine(isTimeZone, {
  error: 'is not a time zone that this machine knows. Examples: UTC, Europe/Bucharest.',
})

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0)
    return true
  } catch {
    return false
  }
}

/** Accepted in an HTTP header, and long enough not to be guessed. */
export const bearerToken = z
  .string()
  .regex(/^[\x21-\x7e]*$/, { error: 'must hold only visible ASCII characters, no blanks.' })
  .min(16, { error: 'must be at least 16 characters long, so that it cannot be guessed.' })

/** A token for somebody else's server, who decides how long it is. */
export const sentToken = z
  .string()
  .regex(/^[\x21-\x7e]+$/, { error: 'must hold only visible ASCII characters, no blanks.' })

/** What a probe is called, on cards and in the audit trail. */
export const probeName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u, {
  error: 'must be a short name: at most 40 letters, digits, blanks, - . and _.',
})

export const slashCommand = z
  .string()
  .transform((text) => (text.startsWith('/') ? text : `/${text}`))
  .refine((text) => /^\/[a-z0-9_-]{1,31}$/.test(text), {
    error: 'must be a slash command of at most 32 characters: small letters, digits, - and _.',
  })

const PLACEHOLDERS: Readonly<Record<string, number>> = { yymmdd: 6, slug: 8, id: 6, ts: 10 }
const MAX_ROOM_NAME = 75

/** A room's name: literal characters that Slack allows, and placeholders counted at a usual length. */
export const roomTemplate = z.string().superRefine((text, context) => {
  const fail = (message: string): void => context.addIssue({ code: 'custom', message })
  const names = [...text.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? '')
  const known = Object.keys(PLACEHOLDERS)
  for (const name of names.filter((candidate) => !known.includes(candidate)))
    fail(
      `{${name}} is not a placeholder; there are {yymmdd}, {slug}, {id} and {ts}.${suggestion(name, known)}`,
    )
  const literal = text.replace(/\{[^}]*\}/g, '')
  if (!/^[a-z0-9_-]*$/.test(literal))
    fail('may hold only small letters, digits, - and _ beside the placeholders.')
  if (!names.includes('id') && !names.includes('ts'))
    fail('must hold {id} or {ts}, so that no two rooms want the same name.')
  const length = literal.length + names.reduce((sum, name) => sum + (PLACEHOLDERS[name] ?? 0), 0)
  if (length > MAX_ROOM_NAME)
    fail(`makes names of about ${length} characters; at most ${MAX_ROOM_NAME} are safe in Slack.`)
})
