import { expect, it } from 'vitest'

import { packTexts } from '../../../../../src/queues/bullmq/jobs/pack.ts'
import { unpackLists } from '../../../../../src/queues/bullmq/jobs/packed.ts'

const unpack = (packed: Buffer) =>
  unpackLists(packed, (from, to) => packed.toString('utf8', from, to))

it('gives the texts of several lists, whatever their lengths', () => {
  const texts = ['', 'ż', 'x'.repeat(40), 'x'.repeat(300), 'x'.repeat(70_000)]
  const packed = Buffer.concat([packTexts(texts), Buffer.from([0x92, 0xa1, 97, 0xd9, 1, 98])])
  expect(unpack(packed)).toEqual([texts, ['a', 'b']])
  expect(unpack(Buffer.alloc(0))).toEqual([])
})

it.each([
  ['ends within a text', [0x91, 0xa5, 97]],
  ['ends within a length', [0x91, 0xda, 1]],
  ['holds a number', [0x91, 7]],
  ['is no list', [0x82, 0xa1, 97]],
])('refuses what %s', (_, bytes) => {
  expect(() => unpack(Buffer.from(bytes))).toThrow(RangeError)
})
