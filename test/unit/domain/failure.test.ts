import fc from 'fast-check'
import { expect, it } from 'vitest'

import { normaliseError } from '../../../src/domain/failure.ts'

it.each([
  ['connect ETIMEDOUT 10.20.0.7:6379', 'connect ETIMEDOUT {host}'],
  ['getaddrinfo ENOTFOUND api.partner.example.com', 'getaddrinfo ENOTFOUND {host}'],
  ['connect ECONNREFUSED [::1]:5432', 'connect ECONNREFUSED {host}'],
  ['Order 12345 not found', 'Order {n} not found'],
  ['User 6f1c2b1e-9a9f-4d9b-8c1e-0a1b2c3d4e5f is gone', 'User {id} is gone'],
  ['Missing lock for job 17. moveToFinished', 'Missing lock for job {n}. moveToFinished'],
  ['POST https://api.example.com/v1/send?id=7 failed', 'POST {url} failed'],
  ['no template "welcome-7"', 'no template {text}'],
  ["can't send: user's mailbox is full", "can't send: user's mailbox is full"],
  ['ENOENT: /var/lib/app/file-7.json', 'ENOENT: {path}'],
  ['mail to jane.doe@example.com bounced', 'mail to {email} bounced'],
  ['E11000 duplicate key', 'E11000 duplicate key'],
  ['job timed out after 30000ms', 'job timed out after {n}'],
  ['first line\n    at stack (file.ts:3:4)', 'first line'],
  ['', '(no message)'],
])('%j has the shape %j', (text, shape) => {
  expect(normaliseError(text)).toBe(shape)
})

it('keeps status codes apart', () => {
  expect(normaliseError('Request failed with status code 503')).not.toBe(
    normaliseError('Request failed with status code 429'),
  )
})

it('is the same for every number and id', () => {
  fc.assert(
    fc.property(fc.nat(), fc.uuid(), fc.nat(), fc.uuid(), (n, id, otherN, otherId) => {
      const shape = (count: number, user: string) =>
        normaliseError(`Quota of ${count} reached by ${user} at 10.0.0.${count % 256}`)
      expect(shape(n, id)).toBe(shape(otherN, otherId))
    }),
  )
})

it('answers for any text, briefly and in one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
      const shape = normaliseError(text)
      expect(shape.length).toBeGreaterThan(0)
      expect(shape).not.toMatch(/[\r\n]/)
      expect(shape.length).toBeLessThanOrEqual(2000)
    }),
  )
})

it.each(['a.', '1.', 'a-', '/a', '[::', 'a@', '"', "'", 'http://', '0x'])(
  'is done with megabytes of %j',
  (part) => {
    expect(normaliseError(part.repeat(500_000)).length).toBeLessThan(3000)
  },
)
