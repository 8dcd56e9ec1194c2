/**
 * Reads what `cmsgpack.pack` made in a script out of lists of texts: all lists, one behind the other. `read` is given
 * where each text is. Only what our scripts pack is understood: throws a RangeError for anything else.
 */
export function unpackLists<Value>(
  packed: Buffer,
  read: (from: number, to: number) => Value,
): readonly (readonly Value[])[] {
  const lists: Value[][] = []
  let at = 0
  const number = (length: number): number => {
    at += length
    return packed.readUIntBE(at - length, length)
  }
  const value = (): Value => {
    const length = textLength(number(1), number)
    at += length
    if (at > packed.length) throw new RangeError('a packed job ends too early')
    return read(at - length, at)
  }
  while (at < packed.length) {
    const list: Value[] = []
    for (let left = listLength(number(1), number); left > 0; left -= 1) list.push(value())
    lists.push(list)
  }
  return lists
}

function listLength(tag: number, number: (length: number) => number): number {
  if (tag >> 4 === 0b1001) return tag & 0b1111
  if (tag === 0xdc) return number(2)
  if (tag === 0xdd) return number(4)
  throw new RangeError(`no list in a packed job, but ${tag}`)
}

function textLength(tag: number, number: (length: number) => number): number {
  if (tag >> 5 === 0b101) return tag & 0b11111
  if (tag === 0xd9) return number(1)
  if (tag === 0xda) return number(2)
  if (tag === 0xdb) return number(4)
  throw new RangeError(`no text in a packed job, but ${tag}`)
}
