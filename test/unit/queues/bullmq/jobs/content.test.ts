import fc from 'fast-check'
import { expect, it } from 'vitest'

import {
  decodeContent,
  encodeContent,
  type JobParts,
} from '../../../../../src/queues/bullmq/jobs/content.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text, 'utf8')),
)

const parts: fc.Arbitrary<JobParts> = fc.record({
  state: fc.constantFrom('waiting', 'failed', 'delayed'),
  score: fc.option(fc.constantFrom('1700000000000', '6963200000004097', '1e+21')),
  fields: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), bytes), { maxLength: 8 }),
  logs: fc.array(bytes, { maxLength: 4 }),
})

it('gives every job back byte for byte, in text that PostgreSQL takes', () => {
  fc.assert(
    fc.property(parts, (job) => {
      const text = encodeContent(job)
      expect(text).not.toContain('\0')
      expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text)
      expect(decodeContent(text)).toEqual(job)
    }),
  )
})

it('refuses what it did not write', () => {
  expect(() => decodeContent('{"version":2}')).toThrow('version')
  expect(() => decodeContent('nothing')).toThrow(SyntaxError)
})
