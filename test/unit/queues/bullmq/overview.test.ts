import { expect, it } from 'vitest'

import { firstLook, secondCommands, secondLook } from '../../../../src/queues/bullmq/overview.ts'
import type { Reply } from '../../../../src/queues/bullmq/wire/reply-reader.ts'

/** Replies to the first look, in the order of its commands. */
const replies = ({
  wait = [] as readonly string[],
  paused = [] as readonly string[],
  meta = [null, null] as readonly (string | null)[],
  prioritized = [] as readonly string[],
  rest = 1,
}): readonly Reply[] => [
  wait.length,
  wait.slice(-2),
  paused.length,
  paused.slice(-2),
  meta,
  rest,
  2 * rest,
  prioritized.length,
  4 * rest,
  5 * rest,
  6 * rest,
  prioritized.slice(0, 1),
]

const asked = (given: Parameters<typeof replies>[0]) =>
  secondCommands('bull:q:', firstLook(replies(given))).map((command) =>
    command.split('\r\n').filter((word) => /^[^*$]/.test(word)),
  )

it.each([
  [
    [null, 'bullmq:5.79.4', '2', '20', '60000'],
    { concurrency: 2, rate: { max: 20, durationMs: 60_000 } },
  ],
  [['1', null, null, '20', null], { concurrency: null, rate: null }],
  [[null, null, 'soon', '', '60000'], { concurrency: null, rate: null }],
])('reads the limits of %j', (meta, throttle) => {
  expect(firstLook(replies({ meta })).throttle).toEqual(throttle)
})

it('gives every count its name', () => {
  const { counts } = firstLook(replies({ wait: ['a', 'b'], paused: ['c'], prioritized: ['p'] }))
  expect(counts).toEqual({
    waiting: 2,
    active: 1,
    delayed: 2,
    prioritized: 1,
    failed: 4,
    completed: 5,
    waitingChildren: 6,
    paused: 1,
  })
})

it('counts no marker of BullMQ 4, and asks for the job before it', () => {
  const marked = { wait: ['9', '8', '0:1700000000000'], meta: ['1', null] }
  expect(firstLook(replies(marked)).counts.waiting).toBe(2)
  expect(asked(marked)).toEqual([['HGET', 'bull:q:8', 'timestamp']])
  const alone = { wait: ['0:0'] }
  expect(firstLook(replies(alone)).counts.waiting).toBe(0)
  expect(asked(alone)).toEqual([])
})

it('asks for both lists and takes the older job', () => {
  const given = { wait: ['2'], paused: ['1'], meta: ['1', 'bullmq:5.79.4'], prioritized: ['p'] }
  expect(asked(given)).toEqual([
    ['HGET', 'bull:q:2', 'timestamp'],
    ['HGET', 'bull:q:1', 'timestamp'],
  ])
  const facts = secondLook(firstLook(replies(given)), ['2000', '1000'])
  expect(facts).toMatchObject({ oldestWaitingAt: new Date(1000), isPaused: true, stranded: 0 })
})

it('looks at prioritized jobs only when the lists are empty', () => {
  expect(asked({ prioritized: ['p', 'r'] })).toEqual([['HGET', 'bull:q:p', 'timestamp']])
})

it.each([[null], [''], ['soon']])('knows no age from the timestamp %j', (timestamp) => {
  const look = firstLook(replies({ wait: ['1'] }))
  expect(secondLook(look, [timestamp]).oldestWaitingAt).toBeNull()
})

it('calls jobs stranded only if they still are at the second look', () => {
  const given = { paused: ['2', '1'] }
  expect(asked(given).slice(1)).toEqual([
    ['HEXISTS', 'bull:q:meta', 'paused'],
    ['EXISTS', 'bull:q:paused'],
  ])
  const look = firstLook(replies(given))
  expect(secondLook(look, ['1', 0, 1])).toMatchObject({ stranded: 2, isPaused: false })
  expect(secondLook(look, ['1', 1, 1])).toMatchObject({ stranded: 0, isPaused: true })
  expect(secondLook(look, ['1', 0, 0])).toMatchObject({ stranded: 0, isPaused: false })
})

it('asks for the keys that outlive the last job before it says that a queue does not exist', () => {
  const bare = firstLook(replies({ rest: 0 }))
  expect(secondCommands('bull:q:', bare).join('')).toMatch(/EXISTS[^]*bull:q:meta[^]*bull:q:id/)
  expect(secondLook(bare, [0]).isKnown).toBe(false)
  expect(secondLook(bare, [1]).isKnown).toBe(true)
  expect(asked({ rest: 0, meta: [null, 'bullmq:6.7.0'] })).toEqual([])
})
