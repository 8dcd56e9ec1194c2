import { createHash } from 'node:crypto'

import { normaliseError } from './failure.ts'
import { redactText } from './redaction.ts'
import { remembering } from './remembering.ts'

/** Characters. Nothing beyond these is looked at: readers give at least so much, or one failure gets two keys. */
const CLUSTER_ERROR_LENGTH = 400
export const CLUSTER_STACK_LENGTH = 4000

const KEY_LENGTH = 8
const FRAME_LENGTH = 120

/** Failures with one cause: what people call it, and what it looks like. Safe to show. */
export interface FailureClusterId {
  /** Eight hex digits, the same in every process and after every restart. */
  readonly key: string
  /** The error without what differs from job to job, redacted. */
  readonly shape: string
  /** `sendMessage (whatsapp.js)`: where in the application's own code; null where the stack does not say. */
  readonly frame: string | null
}

/** Failed jobs with one cause: of one type, with one shape of error, thrown in one place. */
export interface FailureCluster extends FailureClusterId {
  readonly type: string
  readonly count: number
  readonly firstFailedAt: Date | null
  readonly lastFailedAt: Date | null
  /** How often its jobs were tried. */
  readonly attempts: { readonly fewest: number; readonly most: number }
  /** Its newest job; null where it is gone by now. */
  readonly sample: ClusterSample | null
}

interface ClusterSample {
  readonly jobId: string
  /** Both redacted and cut; safe to show in Slack. */
  readonly error: string
  readonly data: string
}

/** What is known of one failure, raw. Where texts come from a queue, only a reader that gives all that counts may ask for keys. */
export interface Failure {
  readonly type: string
  /** Null where it says nothing: somebody may have thrown an empty text. */
  readonly error: string | null
  /** As V8 writes it; null where there is none, or it is too long to be looked at by anybody. */
  readonly stack: string | null
}

/** The cluster of one failure: by type, shape of the error and top frame. For many, see `makeClusterer`. */
export const clusterOf = (failure: Failure): FailureClusterId => makeClusterer()(failure)

/**
 * `clusterOf` for one pass over many jobs: most failures of an incident say the very same, and what was
 * worked out once is remembered. Let go of it after the pass, for it remembers raw texts.
 */
export function makeClusterer(): (failure: Failure) => FailureClusterId {
  const shapes = remembering(shapeOf)
  const frames = remembering((frame) => redactText(frame, { maxLength: FRAME_LENGTH }))
  const keys = remembering(keyOf)
  return ({ type, error, stack }) => {
    const shape = shapes(storable(error ?? '').slice(0, CLUSTER_ERROR_LENGTH))
    const raw = frameOf((stack ?? '').slice(0, CLUSTER_STACK_LENGTH))
    const frame = raw === null ? null : frames(raw)
    return { key: keys(JSON.stringify([storable(type), shape, frame])), shape, frame }
  }
}

/** As the vault keeps it, for a job has the same key there: its database takes no NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD')

/** The error without what differs from job to job, whatever it was thrown by. Safe to show. */
export const errorShape = (error: string): string =>
  shapeOf(storable(error).slice(0, CLUSTER_ERROR_LENGTH))

/** Redacted first: a shape is shown, so no secret may survive in it. */
const shapeOf = (error: string): string =>
  normaliseError(redactText(error, { maxLength: CLUSTER_ERROR_LENGTH }))

const keyOf = (identity: string): string =>
  createHash('sha256').update(identity).digest('hex').slice(0, KEY_LENGTH)

function frameOf(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const call = /^\s+at (?:async )?(.+)$/.exec(line)?.[1]
    const frame = call === undefined ? null : ownFrame(call.trimEnd())
    if (frame !== null) return frame
  }
  return null
}

/** `send (/app/dist/whatsapp.js:10:3)` → `send (whatsapp.js)`; null for Node's own code and packages. */
function ownFrame(call: string): string | null {
  const open = call.endsWith(')') ? call.indexOf(' (') : -1
  const place = open < 0 ? call : call.slice(open + 2, -1)
  const path = /^(.+?)(?::\d+){1,2}$/.exec(place)?.[1]
  if (path === undefined || isForeign(path)) return null
  const file = path.split('?', 1)[0]?.split(/[\\/]/).at(-1) ?? ''
  const name = open < 0 ? '' : call.slice(0, open).replace(/ \[as .*\]$/, '')
  return name === '' ? `(${file})` : `${name} (${file})`
}

const isForeign = (path: string): boolean =>
  /^(?:node:|internal\/|native$|eval at |<)|[\\/]node_modules[\\/]/.test(path)
