/** What Redis says instead of an answer to one command, e.g. `WRONGTYPE Operation against …`. */
export interface ReplyProblem {
  readonly problem: string
}

export type Reply = string | number | null | ReplyProblem | readonly Reply[]

export const isProblem = (reply: object | string | number | null): reply is ReplyProblem =>
  typeof reply === 'object' && reply !== null && !Array.isArray(reply) && 'problem' in reply

/** Far more than all answers that are ever asked for at once; whoever sends this much is no Redis. */
const LONGEST_REPLY = 16 * 1024 * 1024

const [CR, LF, MINUS, ZERO, NINE] = [0x0d, 0x0a, 0x2d, 0x30, 0x39]
const [TEXT, PROBLEM, INTEGER, BULK, ARRAY] = [0x2b, 0x2d, 0x3a, 0x24, 0x2a]
const NOTHING = Buffer.alloc(0)

/** Reads RESP2 from bytes that arrive in pieces of any size. */
export class ReplyReader {
  readonly #onReply: (reply: Reply) => void
  #bytes: Buffer = NOTHING
  #at = 0

  constructor(onReply: (reply: Reply) => void) {
    this.#onReply = onReply
  }

  /**
   * Calls back for each reply that is complete with these bytes, and keeps what is left for the next call.
   * Throws on bytes that are not RESP2; nothing that comes later can be trusted then.
   */
  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    this.#at = 0
    let start = 0
    // A reply that is cut is read again from its start: all that is asked for here is short.
    for (let reply = this.#read(); reply !== undefined; reply = this.#read()) {
      start = this.#at
      this.#onReply(reply)
    }
    this.#bytes = start === this.#bytes.length ? NOTHING : this.#bytes.subarray(start)
    if (this.#bytes.length > LONGEST_REPLY) throw new Error('the answer does not end')
  }

  /** The next reply, or undefined if its bytes are not all there. */
  #read(): Reply | undefined {
    const kind = this.#bytes[this.#at]
    this.#at += 1
    switch (kind) {
      case undefined:
        return undefined
      case INTEGER:
        return this.#integer()
      case BULK:
        return this.#bulk()
      case ARRAY:
        return this.#array()
      case TEXT:
        return this.#line()
      case PROBLEM: {
        const problem = this.#line()
        return problem === undefined ? undefined : { problem }
      }
      default:
        throw new Error('the answer is not in the language of Redis')
    }
  }

  #integer(): number | undefined {
    const isNegative = this.#bytes[this.#at] === MINUS
    if (isNegative) this.#at += 1
    let value = 0
    for (;;) {
      const byte = this.#bytes[this.#at]
      this.#at += 1
      if (byte === undefined) return undefined
      if (byte === CR) break
      if (byte < ZERO || byte > NINE) throw new Error('the answer has no number where one belongs')
      value = value * 10 + (byte - ZERO)
    }
    const end = this.#bytes[this.#at]
    this.#at += 1
    if (end === undefined) return undefined
    if (end !== LF) throw new Error('the answer has a line that does not end')
    return isNegative ? -value : value
  }

  #bulk(): string | null | undefined {
    const length = this.#integer()
    if (length === undefined) return undefined
    if (length < 0) return null
    const start = this.#at
    this.#at += length + 2
    if (this.#at > this.#bytes.length) return undefined
    return this.#bytes.toString('utf8', start, start + length)
  }

  #array(): readonly Reply[] | null | undefined {
    const length = this.#integer()
    if (length === undefined) return undefined
    if (length < 0) return null
    const items: Reply[] = []
    while (items.length < length) {
      const item = this.#read()
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf('\r\n', this.#at)
    if (end < 0) return undefined
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 2
    return text
  }
}
