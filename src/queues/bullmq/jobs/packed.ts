/** A text of a packed job, as bytes; null where Lua had none. */
export type PackedValue = Buffer | null

/**
 * Reads what `cmsgpack.pack` made in a script out of lists of texts: all lists, one behind the other. Only what
 * our scripts pack is understood; throws a RangeError for anything else.
 */
export function unpackLists(bytes: Buffer): readonly (readonly PackedValue[])[] {
  const lists: PackedValue[][] = []
  let at = 0
  const take = (length: number) => {
    const end = at + length
    if (end > bytes.length) throw new RangeError('a packed job ends too early')
    const taken = bytes.subarray(at, end)
    at = end
    return taken
  }
  const number = (length: 1 | 2 | 4) => take(length).readUIntBE(0, length)
  const value = (): PackedValue => {
    const tag = number(1)
    const length = tag >> 5 === 0b101 ? tag & 0x1f : undefined
    if (length !== undefined) return take(length)
    if (tag === 0xd9) return take(number(1))
    if (tag === 0xda) return take(number(2))
    if (tag === 0xdb) return take(number(4))
    if (tag === 0xc0 || tag === 0xc2) return null
    throw new RangeError(`no text in a packed job, but ${tag}`)
  }
  const count = (): number => {
    const tag = number(1)
    if (tag >> 4 === 0b1001) return tag & 0x0f
    if (tag === 0xdc) return number(2)
    if (tag === 0xdd) return number(4)
    throw new RangeError(`no list in a packed job, but ${tag}`)
  }
  while (at < bytes.length) {
    const length = count()
    lists.push(Array.from({ length }, value))
  }
  return lists
}
