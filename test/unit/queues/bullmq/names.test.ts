import fc from 'fast-check'
import { expect, it } from 'vitest'

import { escapeGlob, queueOfKey } from '../../../../src/queues/bullmq/keys.ts'
import { spread } from '../../../../src/queues/bullmq/types.ts'
import { parseClientList } from '../../../../src/queues/bullmq/workers.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64')

it.each([
  ['bull:email:meta', 'email'],
  ['bull:outreach:whatsapp:send:id', 'outreach:whatsapp:send'],
  ['bull::relay:ns:meta', null],
  ['other:email:meta', null],
  ['bull:email:wait', null],
  ['bull::meta', null],
])('%s is of queue %s', (key, queue) => {
  expect(queueOfKey('bull', key)).toBe(queue)
})

it('gives any name back from its key', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => !text.startsWith(':relay:'))
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), name, (prefix, queue) => {
      expect(queueOfKey(prefix, `${prefix}:${queue}:meta`)).toBe(queue)
    }),
  )
})

it('takes patterns out of a prefix', () => {
  expect(escapeGlob('{a}*[b]?^\\')).toBe('{a}\\*\\[b\\]\\?\\^\\\\')
})

it('counts workers by queue, of all majors, and nobody else', () => {
  const line = (name: string, cmd: string) =>
    `id=1 addr=127.0.0.1:5 name=${name} age=1 cmd=${cmd} user=default`
  const workers = parseClientList(
    [
      line(`bull:${encoded('email')}`, 'bzpopmin'),
      line(`bull:${encoded('email')}:w:pod-1`, 'bzpopmin'),
      line(`bull:${encoded('email')}`, 'brpoplpush'),
      line(`bull:${encoded('email')}:qe`, 'xread'),
      line(`bull:outreach:whatsapp:${encoded('send')}`, 'bzpopmin'),
      line(`bull:${encoded('a:b')}`, 'brpoplpush'),
      line(`other:${encoded('email')}`, 'bzpopmin'),
      line('bull:~~~', 'get'),
      line('', 'get'),
    ].join('\n'),
    'bull',
  )
  expect(Object.fromEntries(workers)).toEqual({
    email: { all: 3, v4: 1 },
    'outreach:whatsapp:send': { all: 1, v4: 0 },
    'a:b': { all: 1, v4: 1 },
  })
})

it('spreads a sample over a list without looking twice or past its end', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000 }), fc.nat({ max: 1000 }), (length, wanted) => {
      const bounds = spread(length, wanted).flat()
      expect(bounds).toEqual(bounds.toSorted((a, b) => a - b))
      expect(bounds.every((bound) => bound >= 0 && bound < length)).toBe(true)
      expect(spread(length, wanted).every((call) => call.length <= 10)).toBe(true)
    }),
  )
})

it('looks at everything when everything is wanted', () => {
  const bounds = spread(137, 137).flat()
  const looked = bounds.reduce(
    (sum, bound, index) => sum + (index % 2 === 0 ? -bound : bound + 1),
    0,
  )
  expect(looked).toBe(137)
})
