import fc from 'fast-check'
import { expect, it } from 'vitest'

import { ReplyReader, type Reply } from '../../../../../src/queues/bullmq/wire/reply-reader.ts'

/** What a server would send for a reply. */
function written(reply: Reply): string {
  if (reply === null) return '$-1\r\n'
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`
  if ('problem' in reply) return `-${reply.problem}\r\n`
  return `*${reply.length}\r\n${reply.map(written).join('')}`
}

function read(pieces: readonly Buffer[]): readonly Reply[] {
  const replies: Reply[] = []
  const reader = new ReplyReader((reply) => replies.push(reply))
  for (const piece of pieces) reader.push(piece)
  return replies
}

/** Cut at these places; those outside are ignored. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const bounds = [0, ...places.filter((at) => at < bytes.length), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end))
}

const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ' '))
const { reply: anyReply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '\r\n', '$3\r\n', ':1\r\n', 'é\r'),
    line.map((problem) => ({ problem })),
    fc.array(tie('reply'), { maxLength: 4 }),
  ),
}))

it('reads the same replies however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(anyReply, { maxLength: 8 }),
      fc.array(fc.nat({ max: 200 })),
      (replies, cuts) => {
        const bytes = Buffer.from(replies.map(written).join(''))
        expect(read(cut(bytes, cuts))).toEqual(replies)
      },
    ),
  )
})

it('reads a pipeline with a problem in its midst, cut at every byte', () => {
  const replies: readonly Reply[] = [
    12,
    -3,
    { problem: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
    ['0:1700000000000', 'größe:1'],
    [null, 'bullmq:5.79.4'],
    [],
    null,
    '',
  ]
  const bytes = Buffer.from(replies.map(written).join(''))
  for (let at = 0; at <= bytes.length; at += 1) expect(read(cut(bytes, [at]))).toEqual(replies)
  const singly = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
  expect(read(singly)).toEqual(replies)
})

it('reads simple texts and arrays that are not there', () => {
  expect(read([Buffer.from('+OK\r\n*-1\r\n')])).toEqual(['OK', null])
})

it('gives a reply out as soon as it is whole', () => {
  const replies: Reply[] = []
  const reader = new ReplyReader((reply) => replies.push(reply))
  reader.push(Buffer.from(':1\r\n$3\r\nab'))
  expect(replies).toEqual([1])
  reader.push(Buffer.from('c\r\n'))
  expect(replies).toEqual([1, 'abc'])
})

it.each(['HTTP/1.1 400 Bad Request\r\n', ':12a\r\n', '$x\r\n', ':1\rx', '%1\r\n'])(
  'refuses what is no reply: %j',
  (text) => {
    expect(() => read([Buffer.from(text)])).toThrow(/the answer/)
  },
)

it('refuses a reply without end instead of keeping it', () => {
  const reader = new ReplyReader(() => undefined)
  const piece = Buffer.alloc(1024 * 1024, 'x')
  const flood = () => {
    reader.push(Buffer.from('$999999999\r\n'))
    for (let sent = 0; sent < 20; sent += 1) reader.push(piece)
  }
  expect(flood).toThrow(/does not end/)
})
