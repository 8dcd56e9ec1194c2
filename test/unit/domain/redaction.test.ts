import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { redactJson, redactText } from '../../../src/domain/redaction.ts'

const LONG = { maxLength: 10_000 }
const redacted = (value: unknown) => redactJson(JSON.stringify(value), LONG)

describe('payloads', () => {
  it.each([
    'password',
    'userPassword',
    'api_key',
    'apiKey',
    'accessToken',
    'Authorization',
    'cardNumber',
    'cvv',
    'iban',
    'email',
    'phoneNumber',
    'first_name',
    'client_secret',
    'set-cookie',
  ])('hide what stands under %s, however deep', (key) => {
    const text = redacted({
      order: [{ [key]: 'plain-looking' }],
      [key]: { nested: 'plain-looking' },
    })
    expect(text).not.toContain('plain-looking')
    expect(text).toContain(key)
  })

  it.each([
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
    ['a bearer token', 'Bearer abcdef123456'],
    ['a card number', '4111 1111 1111 1111'],
    ['an e-mail address', 'jane.doe@example.com'],
    ['a long hex string', 'deadbeef'.repeat(5)],
    ['an IBAN', 'DE89 3704 0044 0532 0130 00'],
    ['a phone number', '+49 170 1234567'],
    ['a Slack token', 'xoxb-123456789012-abcdefghijkl'],
    ['a key with a prefix', 'sk_live_abcdefghijklmnop'],
    ['credentials in an address', 'redis://user:pa55word@host:6379'],
  ])('hide %s wherever it stands', (_what, secret) => {
    for (const text of [
      redacted({ note: `see ${secret} there` }),
      redactText(`x ${secret} y`, LONG),
    ]) {
      expect(text).not.toContain(secret)
      expect(text).toContain('[redacted]')
    }
  })

  it('hide the name of a person, not that of a thing', () => {
    const data = {
      customer: { name: 'Sorina Vlad' },
      users: [{ name: 'Elena' }],
      product: { name: 'Tea' },
    }
    expect(redactJson(JSON.stringify(data), { maxLength: 500 })).toBe(
      '{"customer":{"name":"[redacted]"},"users":[{"name":"[redacted]"}],"product":{"name":"Tea"}}',
    )
  })

  it('hide a card number that is a number', () => {
    expect(redacted({ value: 4111111111111111 })).toBe('{"value":"[redacted]"}')
  })

  it('keep what is harmless: ids, counts, times, numbers that are no cards', () => {
    const harmless = {
      orderId: 'A-1024',
      count: 3,
      at: 1763795000000,
      total: 12.5,
      ok: true,
      none: null,
    }
    expect(redacted(harmless)).toBe(JSON.stringify(harmless))
    expect(redacted({ number: '4111111111111112' })).toContain('4111111111111112')
  })

  it('hide secrets in JSON that was cut off', () => {
    const whole = JSON.stringify({
      id: 7,
      user: { password: 'hunter2', card: { n: 'open' } },
      list: [1, 2],
    })
    for (let length = 1; length < whole.length; length += 1) {
      const text = redactJson(whole.slice(0, length), LONG)
      expect(text).not.toContain('hunter2')
      expect(text).not.toContain('open')
    }
    expect(redactJson('{"id":7,"password":"hun', LONG)).toBe('{"id":7}…')
  })

  it('hide secrets in what is no JSON', () => {
    expect(redactJson('password=hunter2; id=7', LONG)).toBe('password=[redacted]; id=7')
  })

  it('are cut', () => {
    expect(
      redactJson(JSON.stringify({ note: 'word '.repeat(100) }), { maxLength: 50 }),
    ).toHaveLength(50)
  })
})

it('never throws, never exceeds its length', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
      fc.nat({ max: 200 }),
      (text, cut) => {
        const shown = redactJson(text.slice(0, Math.max(1, text.length - cut)), { maxLength: 100 })
        expect(shown.length).toBeLessThanOrEqual(100)
      },
    ),
  )
})

it('hides a secret under any structure', () => {
  const secret = 'hunter2-hunter2'
  const tree = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant({ password: secret }),
      fc.string(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
    ),
  })).value
  fc.assert(
    fc.property(tree, fc.double({ min: 0, max: 1, noNaN: true }), (value, share) => {
      const text = JSON.stringify(value)
      expect(redactJson(text.slice(0, Math.ceil(text.length * share)), LONG)).not.toContain(secret)
    }),
  )
})

it.each(['[', '{"a":', '"', '\\', '{"k":"', 'a@', '1 ', 'eyJ', '://a'])(
  'is done with megabytes of %j',
  (part) => {
    expect(redactJson(part.repeat(300_000), { maxLength: 200 }).length).toBeLessThanOrEqual(200)
  },
)

it.each([
  ['login failed: password=hunter2 for user 7', 'login failed: password=[redacted] for user 7'],
  ['bad header access_token: abc123', 'bad header access_token: [redacted]'],
  [`{"apiKey":"k-123","n":1}`, '{"apiKey":[redacted],"n":1}'],
  ["refused with client_secret='x y'", 'refused with client_secret=[redacted]'],
  ['Unexpected token < in JSON at position 0', 'Unexpected token < in JSON at position 0'],
  ['the token expired', 'the token expired'],
  ['the password is hunter2, user 7', 'the password is [redacted], user 7'],
  ['password is swordfish', 'password is [redacted]'],
  ['password is incorrect', 'password is incorrect'],
  ['password was not set; secret is missing', 'password was not set; secret is missing'],
  ['bad password "hunter2" given', 'bad password [redacted] given'],
  [`secret 'open sesame'`, 'secret [redacted]'],
  ['pass=hunter2 tests: pass: 3', 'pass=[redacted] tests: pass: 3'],
  ['bypass=1 compass=north', 'bypass=1 compass=north'],
  ['GET /maps?key=abc-def&v=2', 'GET /maps?key=[redacted]&v=2'],
  [`key=AIza${'x'.repeat(35)}`, 'key=[redacted]'],
  ['duplicate key=orders:12', 'duplicate key=orders:12'],
  ['session=ab12 userSession: x9', 'session=[redacted] userSession: [redacted]'],
  ['session: expired, signature: invalid', 'session: expired, signature: invalid'],
  ['Cookie: sid=s3cr; theme=dark\nnext', 'Cookie: [redacted]\nnext'],
  ['blob?sv=1&sig=ab%2Fcd&se=2', 'blob?sv=1&sig=[redacted]&se=2'],
  ['x-hub-signature=ab12 design=7', 'x-hub-signature=[redacted] design=7'],
  ['pin: 1234 or PIN 5678', 'pin: [redacted] or PIN [redacted]'],
  ['pin 13 is low', 'pin 13 is low'],
  [
    'POST https://hooks.slack.com/services/T0/B0/xyz 404',
    'POST https://hooks.slack.com/[redacted] 404',
  ],
  ['https://api.telegram.org/bot12:ab/send', 'https://api.telegram.org/bot[redacted]/send'],
  ['Token abc123 is invalid', 'Token [redacted] is invalid'],
  [`Unexpected token '<', "<!DOCTYPE 1"`, `Unexpected token '<', "<!DOCTYPE 1"`],
  ['TokenExpiredError: jwt expired', 'TokenExpiredError: jwt expired'],
  ['max_tokens: 4096, token_type=Bearer', 'max_tokens: 4096, token_type=Bearer'],
  ['Key (token)=(abc) already exists', 'Key (token)=([redacted]) already exists'],
  [
    String.raw`body {\"password\":\"hunter2\",\"n\":1}`,
    String.raw`body {\"password\":[redacted],\"n\":1}`,
  ],
  ['phone 0170 1234567, tel: (030) 123-4567', 'phone [redacted], tel: ([redacted]'],
  ['hotel 20261122, mobile app 4', 'hotel 20261122, mobile app 4'],
])('hides in an error what is named as a secret: %s', (text, shown) => {
  expect(redactText(text, LONG)).toBe(shown)
})

it('changes nothing of what it has redacted', () => {
  const name = fc.constantFrom(
    'password',
    'token',
    'pin',
    'session',
    'Cookie',
    'sig',
    'phone',
    '?key',
  )
  const sign = fc.constantFrom(' is ', ': ', '=', ' ', '":"', String.raw`\":\"`, ')=(', ' "', ": '")
  const value = fc.constantFrom('hunter2', '1234', 'sid=a1b2c3', '0170 1234567', 'ana@a.io', '(x')
  const end = fc.constantFrom(' ', '; ', ', ', '\n', '"', "'", ')', String.raw`\"`, '&')
  const said = fc.tuple(name, sign, value, end).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(said, { maxLength: 4 }), (parts) => {
      const shown = redactText(parts.join(''), LONG)
      expect(redactText(shown, LONG)).toBe(shown)
    }),
    { numRuns: 1000 },
  )
})

it.each([
  'token=',
  'a-',
  'token-',
  'password ="',
  'secret:',
  'session:',
  'cookie:a=',
  'cookie: a=b;',
  'token ',
  '?key=',
  'password is ',
  'phone 1',
  'secret "',
  String.raw`pass=\"`,
  'sig: x,',
  "pin='",
])('is done with a long text of %j', (part) => {
  expect(redactText(part.repeat(20_000), { maxLength: 200 }).length).toBeLessThanOrEqual(200)
})
