const ARRAY_32 = 0xdd
const TEXT_32 = 0xdb
const HEADER = 5

/**
 * Texts as one argument that a script takes apart with `cmsgpack.unpack`: a list of strings, byte for byte.
 * A job has some thirty of them, and each argument of its own costs Redis and us more than its bytes do.
 */
export function packTexts(texts: readonly (string | Buffer)[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text))
  const packed = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + HEADER + size, HEADER))
  let at = writeHeader(packed, 0, ARRAY_32, texts.length)
  for (const [index, text] of texts.entries()) {
    const size = sizes[index] ?? 0
    at = writeHeader(packed, at, TEXT_32, size)
    if (typeof text === 'string') packed.write(text, at)
    else text.copy(packed, at)
    at += size
  }
  return packed
}

function writeHeader(packed: Buffer, at: number, tag: number, length: number): number {
  packed.writeUInt8(tag, at)
  packed.writeUInt32BE(length, at + 1)
  return at + HEADER
}
