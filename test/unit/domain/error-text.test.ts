import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { errorIs } from '../../../src/domain/error-text.ts'
import { errorShape } from '../../../src/domain/failure-cluster.ts'
import { redactText } from '../../../src/domain/redaction.ts'
import { prose } from '../../../src/slack/render/mrkdwn.ts'

/** As Slack gives text back that it shows: without the entities. */
const copied = (shown: string): string =>
  shown.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

describe('an error is what was asked for', () => {
  it.each([
    ['as the queue has it', 'a\tb', 'a\tb'],
    ['redacted', 'no user [redacted]: *gone*', 'no user ana@example.com: *gone*'],
    ['on one line', 'first second', 'first\n  second'],
    [
      'as a shape',
      'connect ETIMEDOUT {host} after {n}',
      'connect ETIMEDOUT 10.0.0.1:443 after 30s',
    ],
    ['as a shape of its first line', 'job {id} failed', `job ${'a1'.repeat(8)} failed\nat x`],
  ])('%s', (_how, asked, error) => {
    expect(errorIs(asked)(error)).toBe(true)
  })

  it.each([
    ['a part of it', 'connect', 'connect ETIMEDOUT'],
    ['its shape without what was left out of it', 'retry of', 'retry of\nsomething'],
    ['the first line alone', 'first', 'first\nsecond'],
    ['another letter case', 'Timeout', 'timeout'],
    ['nothing', '', ' '],
  ])('not as %s', (_how, asked, error) => {
    expect(errorIs(asked)(error)).toBe(false)
  })

  it('however it was copied', () => {
    const word = fc.constantFrom(
      '`x`',
      '*b*',
      '_i_',
      ':ok:',
      '<a>',
      '&',
      'a@b.io',
      '10.0.0.1',
      '~s~',
    )
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const error = words.join(' ')
        const redacted = redactText(error, { maxLength: 300 })
        expect(errorIs(copied(prose(redacted, 1000)))(error)).toBe(true)
        const shape = errorShape(error)
        const isPlain = !/\{\w+\}/.test(shape)
        expect(isPlain || errorIs(copied(prose(shape, 1000)))(error)).toBe(true)
      }),
    )
  })
})
