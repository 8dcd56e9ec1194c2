import { describe, expect, it } from 'vitest'

import { parseQueueCommand } from '../../../src/domain/command-grammar.ts'

const parsed = (text: string) => parseQueueCommand(text)

describe('commands about jobs', () => {
  it.each([
    ['quarantine email', { kind: 'quarantine', queue: 'email', filter: '', options: {} }],
    [
      'quarantine outreach:whatsapp:send type:a older:1h',
      { kind: 'quarantine', queue: 'outreach:whatsapp:send', filter: 'type:a older:1h' },
    ],
    ['quarantine type:a', { kind: 'quarantine', queue: null, filter: 'type:a' }],
    ['retry email reset', { kind: 'retry', queue: 'email', options: { resetsAttempts: true } }],
    ['retry email --reset', { kind: 'retry', queue: 'email', options: { resetsAttempts: true } }],
    ['retry', { kind: 'retry', queue: null, filter: '', options: {} }],
    ['release v7', { kind: 'release', queue: null, options: { vault: 7 } }],
    [
      'release 7 type:a as-it-was',
      { kind: 'release', filter: 'type:a', options: { vault: 7, asItWas: true } },
    ],
    ['discard vault:7', { kind: 'discard', options: { vault: 7 } }],
    [
      'move email type:a to bulk',
      { kind: 'move', queue: 'email', filter: 'type:a', to: 'bulk', options: {} },
    ],
    [
      'move email to priority 5',
      { kind: 'prioritize', queue: 'email', to: null, options: { priority: 5 } },
    ],
    ['prioritize email to 5', { kind: 'prioritize', queue: 'email', options: { priority: 5 } }],
    ['drain email forget', { kind: 'drain', queue: 'email', options: { forgets: true } }],
    [
      'clean email state:completed older:1h',
      { kind: 'clean', queue: 'email', filter: 'state:completed older:1h' },
    ],
  ])('understands `%s`', (text, wanted) => {
    expect(parsed(text)).toMatchObject(wanted)
  })

  it.each([
    ['release', /not said which vault set/],
    ['release email', /`email` is not a vault set/],
    ['move email', /not said where to move/],
    ['move email to priority', /a number is missing/],
    ['move email to priority high', /`high` is not a priority/],
    ['move email to priority 9999999', /`9999999` is not a priority/],
    ['move email to bulk now', /`now` is one word too many/],
    ['quarantine email reset', /`reset` says nothing to `quarantine`/],
    ['retry email forget', /`forget` says nothing to `retry`/],
    ['retry email tpye:a', /tpye/],
  ])('says what is wrong with `%s`', (text, words) => {
    expect(() => parsed(text)).toThrow(words)
  })

  it('takes a word in quotes for a name', () => {
    expect(parsed('retry "reset"')).toMatchObject({ queue: 'reset', options: {} })
    expect(parsed('retry "type:a"')).toMatchObject({ queue: 'type:a', filter: '' })
  })
})
