import { expect, it } from 'vitest'

import { createTurns } from '../../../src/slack/turns.ts'

it('lets one caller go on in each turn of the event loop, in order', async () => {
  const turn = createTurns()
  const seen: string[] = []
  const callers = ['a', 'b', 'c'].map(async (name) => {
    await turn()
    seen.push(name)
    setImmediate(() => seen.push(`what came in after ${name}`))
  })
  await Promise.all(callers)
  expect(seen.filter((each) => each.length === 1)).toEqual(['a', 'b', 'c'])
  expect(seen.indexOf('what came in after a')).toBeLessThan(seen.indexOf('c'))
})
