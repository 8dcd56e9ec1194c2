import fc from 'fast-check'
import { expect, it } from 'vitest'

import { isFilterRedacted, shownFilter } from '../../../src/domain/filter-shown.ts'
import { filterWords } from '../../../src/domain/filter-words.ts'
import { redactJson } from '../../../src/domain/redaction.ts'
import { anyFilter } from '../../helpers/filters.ts'

it.each([
  ['', ''],
  ['state:failed type:a.* older:1h', 'state:failed type:a.* older:1h'],
  ['error:#a1b2c3d4', 'error:#a1b2c3d4'],
  ['error:~"token=abc"', 'error:~"token=[redacted]"'],
  ['data.password=hunter2', 'data.password="[redacted]"'],
  ['data.user.name!=Ana', 'data.user.name!="[redacted]"'],
  ['data.users.0.name=Ana', 'data.users.0.name="[redacted]"'],
  ['data.secret.inner=x', 'data.secret.inner="[redacted]"'],
  ['data.password=*', 'data.password=*'],
  ['data.product.name=Tea', 'data.product.name=Tea'],
  ['data.note=ana@example.com', 'data.note="[redacted]"'],
  ['data."ana@example.com"=1', 'data."[redacted]"=1'],
  ['data.card=4111111111111111 data.id=42', 'data.card="[redacted]" data.id=42'],
  ['no filter: hunter2', '[redacted]'],
])('shows %s as %s', (words, shown) => {
  expect(shownFilter(words)).toBe(shown)
  expect(isFilterRedacted(words)).toBe(words !== shown)
})

it('hides in a filter what is hidden in the payload that it means', () => {
  const key = fc.constantFrom('user', 'users', 'name', 'password', 'a', '0', 'e-mail', 'product')
  const secret = 'hunter2-hunter2'
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), fc.boolean(), (path, isList) => {
      const payload = path.reduceRight<unknown>(
        (value, step) => (step === '0' && isList ? [value] : { [step]: value }),
        secret,
      )
      const isHidden = !redactJson(JSON.stringify(payload), { maxLength: 1000 }).includes(secret)
      const shown = shownFilter(`data.${path.join('.')}=${secret}`)
      expect(isHidden && shown.includes(secret)).toBe(false)
    }),
  )
})

it('is the filter itself where nothing is to be hidden', () => {
  fc.assert(
    fc.property(anyFilter, (filter) => {
      const words = filterWords({ ...filter, payload: [] })
      expect(shownFilter(words)).toBe(words)
    }),
  )
})
