import type { PayloadTest } from './job-filter.ts'
import { redactText } from './redaction.ts'
import { hasWildcard, wildcard } from './wildcard.ts'

/** A payload, parsed; null where it is no JSON. */
export type Payload = { readonly value: unknown } | null

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[-+.\w]+/gs

/** As text: a long number would lose its last digits. */
const longAsText = (token: string): string => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)

export function parsePayload(data: string): Payload {
  try {
    const value: unknown = JSON.parse(data)
    // Only what is JSON is rewritten, so that nothing becomes JSON by it.
    return { value: /\d{16}/.test(data) ? JSON.parse(data.replace(TOKEN, longAsText)) : value }
  } catch {
    return null
  }
}

/**
 * All tests of payloads as one: of tests with the same path one must hold, and every `!=`. Objects and lists
 * fit nothing but `*`. Where a payload has nothing at the path, only `!=` holds.
 */
export function payloadTest(tests: readonly PayloadTest[]): (payload: Payload) => boolean {
  const byPath = new Map<string, readonly PayloadTest[]>()
  for (const test of tests) {
    const path = JSON.stringify(test.path)
    byPath.set(path, [...(byPath.get(path) ?? []), test])
  }
  const parts = [...byPath.values()].map(pathTest)
  return (payload) => payload !== null && parts.every((part) => part(payload.value))
}

function pathTest(tests: readonly PayloadTest[]): (root: unknown) => boolean {
  const path = tests[0]?.path ?? []
  const wanted = tests.filter(({ isNot }) => !isNot).map(({ value }) => valueTest(value))
  const unwanted = tests.filter(({ isNot }) => isNot).map(({ value }) => valueTest(value))
  return (root) => {
    const found = path.reduce(stepInto, root)
    const isWanted = wanted.length === 0 || wanted.some((test) => test(found))
    return isWanted && !unwanted.some((test) => test(found))
  }
}

/** The value at a key, or at an index of a list; undefined where there is none. */
function stepInto(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  if (Array.isArray(value) && !/^\d+$/.test(step)) return undefined
  return Reflect.get(value, step)
}

/** A wildcard sees a value as people do, redacted: else it would find out letter by letter what is hidden. */
function valueTest(pattern: string): (found: unknown) => boolean {
  const fits = wildcard(pattern)
  const isSearch = hasWildcard(pattern)
  return (found) => {
    if (found === undefined) return false
    if (pattern === '*') return true
    if (typeof found === 'object' && found !== null) return false
    const text = typeof found === 'string' ? found : JSON.stringify(found)
    return fits(isSearch ? redactText(text, { maxLength: Infinity }) : text)
  }
}
