import { expect, it } from 'vitest'

import { parseQueueCommand } from '../../../src/domain/command-grammar.ts'

const MINUTE_MS = 60_000
const rate = (max: number, durationMs: number) => ({ rate: { max, durationMs }, concurrency: null })

it.each([
  [
    'pause email for 30m then 20/min for 1h',
    {
      kind: 'pause',
      queue: 'email',
      holdMs: 30 * MINUTE_MS,
      slow: { to: rate(20, MINUTE_MS), thenMs: 60 * MINUTE_MS },
    },
  ],
  [
    'pause 5m then concurrency 1',
    {
      kind: 'pause',
      queue: null,
      holdMs: 5 * MINUTE_MS,
      slow: { to: { rate: null, concurrency: 1 }, thenMs: null },
    },
  ],
  [
    'throttle email 20/min for 1h',
    { kind: 'throttle', queue: 'email', holdMs: 60 * MINUTE_MS, to: rate(20, MINUTE_MS) },
  ],
  ['throttle 5/s', { kind: 'throttle', queue: null, holdMs: null, to: rate(5, 1000) }],
  ['unthrottle email', { kind: 'unthrottle', queue: 'email' }],
])('reads `%s`', (text, command) => {
  expect(parseQueueCommand(text)).toEqual(command)
})

it('wants an end of a pause that goes on slowly', () => {
  expect(() => parseQueueCommand('pause email then 20/min')).toThrow(/needs an end/)
})
