/** Of `text` in PostgreSQL's catalogue. */
const TEXT_OID = 25
const HEADER_BYTES = 20
const NULL_LENGTH = -1

/**
 * An array of texts in PostgreSQL's binary form, for a parameter that is cast to `text[]`. Several times
 * faster than the quoted form for many and long texts, and nothing has to be escaped. None may hold a NUL.
 */
export function textArray(texts: readonly (string | null)[]): Buffer {
  const sizes = texts.map((text) => (text === null ? 0 : Buffer.byteLength(text)))
  const total = sizes.reduce((sum, size) => sum + size + 4, HEADER_BYTES)
  const buffer = Buffer.allocUnsafe(total)
  let at = writeHeader(buffer, texts)
  for (const [index, text] of texts.entries()) {
    const size = sizes[index] ?? 0
    at = buffer.writeInt32BE(text === null ? NULL_LENGTH : size, at)
    // What is as long in bytes as in characters is ASCII, which is copied rather than encoded.
    if (text !== null) at += buffer.write(text, at, size === text.length ? 'latin1' : 'utf8')
  }
  return buffer
}

/** One dimension whose lower bound is 1. */
function writeHeader(buffer: Buffer, texts: readonly (string | null)[]): number {
  const hasNulls = texts.includes(null) ? 1 : 0
  return [1, hasNulls, TEXT_OID, texts.length, 1].reduce(
    (at, value) => buffer.writeInt32BE(value, at),
    0,
  )
}
